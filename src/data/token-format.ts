/**
 * Head of a file of training tokens. After its 88 bytes come the ids, little-endian, of 2 or 4 bytes each. In
 * a file with marks the highest bit of a token says that a model only reads it, and does not learn to write
 * it. Since version 2 an end-of-text token comes before the first document, too.
 *
 * | bytes   |                                                                |
 * | ------- | -------------------------------------------------------------- |
 * | 0 - 7   | `gpt-data`                                                     |
 * | 8 - 23  | u32: version, bytes per token, marks (0 or 1), vocabulary size |
 * | 24 - 55 | u64: tokens, learned tokens, documents, bytes of text          |
 * | 56 - 87 | SHA-256 of the origin of the tokens                            |
 */

import { MAX_TOKENS } from "../tokenizer/bpe/vocabulary.ts";

export interface TokenFileHead {
  readonly tokenSize: 2 | 4;
  readonly marked: boolean;
  readonly vocabSize: number;
  readonly tokens: number;
  /** Number of tokens that a model learns to write. */
  readonly learned: number;
  /** Number of documents that end in the file. */
  readonly documents: number;
  /** UTF-8 bytes of the text, without the tokens that begin and end documents. */
  readonly textBytes: number;
  readonly key: Uint8Array;
}

export const HEAD_SIZE = 88;
const MAGIC = Buffer.from("gpt-data");
export const VERSION = 2;
/** A run that is resumed goes on with its file, whose layout is the same. */
const READABLE = [1, VERSION];
const KEY_PLACE = 56;

/** Bytes of a token: the smallest size that holds the ids and, in a file with marks, the mark. */
export const tokenSizeFor = (vocabSize: number, marked: boolean): 2 | 4 =>
  vocabSize <= (marked ? 2 ** 15 : 2 ** 16) ? 2 : 4;

export const markOf = ({ tokenSize }: Pick<TokenFileHead, "tokenSize">): number => 2 ** (8 * tokenSize - 1);

export function encodeHead(head: TokenFileHead): Uint8Array {
  const bytes = Buffer.alloc(HEAD_SIZE);
  MAGIC.copy(bytes);
  const words = [VERSION, head.tokenSize, Number(head.marked), head.vocabSize];
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, 8 + 4 * index);
  const counts = [head.tokens, head.learned, head.documents, head.textBytes];
  for (const [index, count] of counts.entries()) bytes.writeBigUInt64LE(BigInt(count), 24 + 8 * index);
  bytes.set(head.key, KEY_PLACE);
  return bytes;
}

/** @returns undefined for other bytes, and for a head that contradicts itself */
export function decodeHead(bytes: Buffer): TokenFileHead | undefined {
  const words = [0, 1, 2, 3].map((index) => bytes.readUInt32LE(8 + 4 * index));
  const counts = [0, 1, 2, 3].map((index) => Number(bytes.readBigUInt64LE(24 + 8 * index)));
  const [version = 0, tokenSize, marks = 0, vocabSize = 0] = words;
  const [tokens = 0, learned = 0, documents = 0, textBytes = 0] = counts;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || !READABLE.includes(version)) return undefined;
  if (tokenSize !== 2 && tokenSize !== 4) return undefined;
  if (marks > 1 || vocabSize === 0 || vocabSize > MAX_TOKENS) return undefined;
  if (!counts.every(Number.isSafeInteger) || learned > tokens || documents > tokens) return undefined;
  const key = Uint8Array.from(bytes.subarray(KEY_PLACE, HEAD_SIZE));
  return { tokenSize, marked: marks === 1, vocabSize, tokens, learned, documents, textBytes, key };
}
