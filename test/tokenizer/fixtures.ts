/** Small vocabularies and files, made on the spot. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished } from "vitest";
import type { GgufMetadata, GgufValue } from "../../src/checkpoint/checkpoint.ts";
import { GptError } from "../../src/errors.ts";
import { toByteLevel } from "../../src/tokenizer/bpe/byte-level.ts";
import { loadTokenizer, type PipelineTokenizer } from "../../src/tokenizer/index.ts";
import { searcher } from "../../src/tokenizer/pattern/search.ts";
import { type Splitter, splitAt } from "../../src/tokenizer/pattern/splitters.ts";

/** Mulberry32: the same numbers in [0, 1) for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(next: () => number, list: readonly T[]): T {
  return list[Math.floor(next() * list.length)] as T;
}

const FRAGMENTS = [
  ...[
    "the",
    " the",
    "Hello",
    " world",
    "cat",
    "'s",
    "'LL",
    "don't",
    "iPhone",
    "ABCdef",
    "1",
    "12",
    "1234567",
  ],
  ...[
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\r\n",
    "\n\n  ",
    "\u00a0",
    "\u3000",
    "\u0085",
    "\ufeff",
    "\u0000",
    "\u001b",
  ],
  ...[
    "é",
    "e\u0301",
    "ñ",
    "ß",
    "ſ",
    "İ",
    "Σ",
    "中文字",
    "日本",
    "한국어",
    "हिन्दी",
    "ไทย",
    "العربية",
    "Привет",
    "٣٤",
    "Ⅷ",
  ],
  ...[
    "😀",
    "👨‍👩‍👧",
    "🇫🇷",
    "\u{10ffff}",
    "\u200d",
    "!",
    "...",
    "<|",
    "|>",
    "<|endoftext|>",
    "<s>",
    "▁",
    "Ġ",
    "_",
    "//",
    "“",
    "€",
  ],
];

/** A text of up to ten fragments of all sorts, some of them single characters from anywhere in Unicode. */
export function randomText(next: () => number): string {
  const parts = Array.from({ length: Math.floor(next() * 10) }, () => {
    const code = Math.floor(next() * 0x20000);
    const anywhere = next() < 0.1 && (code < 0xd800 || code > 0xdfff);
    return anywhere ? String.fromCodePoint(code) : pick(next, FRAGMENTS);
  });
  return parts.join("");
}

/** A text of fragments of all sorts and of characters from anywhere in Unicode. */
export const anyText = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ unit: "binary", maxLength: 3 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join(""));

export interface ByteLevelModel {
  readonly vocab: Record<string, number>;
  readonly merges: readonly string[];
}

/** Byte-level BPE trained the plain way: merge the most frequent pair, over and over. */
export function train(text: string, mergeCount: number): ByteLevelModel {
  const words = piecesOf(splitAt(searcher(/ ?\p{L}+| ?[^\s\p{L}]+|\s+/gu), "Isolated"), text).map((word) => [
    ...toByteLevel(word),
  ]);
  const alphabet = Array.from({ length: 256 }, (_, byte) => spelledByte(byte));
  const merges: string[] = [];
  while (merges.length < mergeCount) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    if (best === undefined) break;
    merges.push(best[0]);
    const joined = best[0].replace(" ", "");
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (`${word[i]} ${word[i + 1]}` === best[0]) word.splice(i, 2, joined);
      }
    }
  }
  const tokens = new Set([...alphabet, ...merges.map((merge) => merge.replace(" ", ""))]);
  return { vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])), merges };
}

/** How GPT-2's alphabet spells a byte, found without going through UTF-8. */
function spelledByte(byte: number): string {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  if (printable(byte)) return String.fromCharCode(byte);
  const before = Array.from({ length: byte }, (_, b) => b).filter((b) => !printable(b)).length;
  return String.fromCharCode(256 + before);
}

export function piecesOf(split: Splitter, text: string, atStart = true): string[] {
  const pieces: string[] = [];
  split(text, atStart, (whole, start, end) => pieces.push(whole.slice(start, end)));
  return pieces;
}

/** A directory with these files, as text, bytes or JSON, until the test ends. */
export async function directoryWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tokenizer-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    const isReady = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(join(directory, name), isReady ? content : JSON.stringify(content));
  }
  return directory;
}

/** A tokenizer.json around a BPE model. */
export function tokenizerJson(model: object, parts: object = {}): object {
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...parts,
    model: { type: "BPE", ...model },
  };
}

export const byteLevelParts = {
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
  decoder: { type: "ByteLevel" },
};

/** A token that stands beside the vocabulary of a tokenizer.json. */
export const added = (id: number, content: string, options: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...options,
});

/** Ids by token, in this order. */
export const vocabOf = (...tokens: string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

/** The tokenizer of a tokenizer.json, beside a tokenizer_config.json where there is one. */
export async function load(json: unknown, config?: object): Promise<PipelineTokenizer> {
  const files = { "tokenizer.json": json, ...(config && { "tokenizer_config.json": config }) };
  const tokenizer = await loadTokenizer(await directoryWith(files));
  if (tokenizer === undefined) throw new Error("no tokenizer was found");
  return tokenizer;
}

/** Metadata with `tokenizer.ggml.` before each key that has no dot. */
export function ggufMetadata(keys: Readonly<Record<string, GgufValue | undefined>>): GgufMetadata {
  const entries = Object.entries(keys).filter(
    (entry): entry is [string, GgufValue] => entry[1] !== undefined,
  );
  return new Map(entries.map(([key, value]) => [key.includes(".") ? key : `tokenizer.ggml.${key}`, value]));
}

/** The GptError of an action. */
export async function refusal(action: () => unknown): Promise<GptError> {
  const error = await (async () => action())().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GptError);
  return error as GptError;
}

/** Expects a GptError on one line. */
export async function expectRefusal(action: () => unknown, message: RegExp | string): Promise<void> {
  const error = await refusal(action);
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/[\r\n]/);
}
