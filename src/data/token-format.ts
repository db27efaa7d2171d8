/**
 * The head of a file of training tokens. After its 88 bytes come the ids, little-endian, of 2 or 4 bytes each; where the
 * file has marks, the highest bit of a token says that a model only reads it, and does not learn to write it.
 *
 * | bytes   |                                                      |
 * | ------- | ---------------------------------------------------- |
 * | 0 - 7   | `gpt-data`                                           |
 * | 8 - 23  | u32: version, bytes per token, marks (0 or 1), vocabulary size |
 * | 24 - 55 | u64: tokens, those that are learned, documents, bytes of text |
 * | 56 - 87 | SHA-256 of what the file was made from               |
 */

import { MAX_TOKENS } from "../tokenizer/bpe/vocabulary.ts";

export interface TokenFileHead {
  readonly tokenSize: 2 | 4;
  readonly marked: boolean;
  readonly vocabSize: number;
  readonly tokens: number;
  /** Tokens that a model learns to write. */
  readonly learned: number;
  /** Documents that end here. */
  readonly documents: number;
  /** Of the text in UTF-8, without the tokens that begin and end documents. */
  readonly textBytes: number;
  readonly key: Uint8Array;
}

export const HEAD_SIZE = 88;
const MAGIC = Buffer.from("gpt-data");
const VERSION = 1;
const KEY_PLACE = 56;

/** The smallest tokens that hold the ids and, if there are marks, the mark. */
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

/** @returns undefined for bytes that are no such head, or contradict themselves */
export function decodeHead(bytes: Buffer): TokenFileHead | undefined {
  const words = [0, 1, 2, 3].map((index) => bytes.readUInt32LE(8 + 4 * index));
  const counts = [0, 1, 2, 3].map((index) => Number(bytes.readBigUInt64LE(24 + 8 * index)));
  const [version, tokenSize, marks = 0, vocabSize = 0] = words;
  const [tokens = 0, learned = 0, documents = 0, textBytes = 0] = counts;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || version !== VERSION) return undefined;
  if (tokenSize !== 2 && tokenSize !== 4) return undefined;
  if (marks > 1 || vocabSize === 0 || vocabSize > MAX_TOKENS) return undefined;
  if (!counts.every(Number.isSafeInteger) || learned > tokens || documents > tokens) return undefined;
  const key = Uint8Array.from(bytes.subarray(KEY_PLACE, HEAD_SIZE));
  return { tokenSize, marked: marks === 1, vocabSize, tokens, learned, documents, textBytes, key };
}
