/** The distinct words of a corpus as symbols: bytes at first, longer tokens as pairs merge. */

import { MAX_TOKENS } from "../bpe/vocabulary.ts";

/**
 * Two neighbouring symbols as one number; numbers are in the order of the left symbol, then of the right one.
 */
export type Pair = number;

const pairOf = (left: number, right: number): Pair => left * MAX_TOKENS + right;
export const leftOf = (pair: Pair): number => Math.floor(pair / MAX_TOKENS);
export const rightOf = (pair: Pair): number => pair % MAX_TOKENS;

/** Hears that a word changed the count of a pair by `change`. */
export type PairChange = (pair: Pair, change: number, word: number) => void;

const utf8 = new TextEncoder();

export class Words {
  /** The symbols of all words, word after word. A merge leaves a word's symbols at the start of its place. */
  readonly #symbols: Int32Array;
  readonly #begins: Int32Array;
  readonly #lengths: Int32Array;
  readonly #counts: Float64Array;

  /**
   * @param counts how often each word occurs
   * @param symbolOf the symbol of each byte
   */
  constructor(counts: Iterable<readonly [word: string, count: number]>, symbolOf: readonly number[]) {
    const words = Array.from(counts, ([word, count]) => ({ bytes: utf8.encode(word), count }));
    this.#counts = Float64Array.from(words, ({ count }) => count);
    this.#lengths = Int32Array.from(words, ({ bytes }) => bytes.length);
    this.#begins = new Int32Array(words.length);
    let size = 0;
    for (const [index, { bytes }] of words.entries()) {
      this.#begins[index] = size;
      size += bytes.length;
    }
    this.#symbols = new Int32Array(size);
    let place = 0;
    for (const { bytes } of words) {
      for (const byte of bytes) this.#symbols[place++] = symbolOf[byte] as number;
    }
  }

  /** Reports every pair of every word. */
  eachPair(tell: PairChange): void {
    for (let word = 0; word < this.#begins.length; word++) {
      const begin = this.#begins[word] as number;
      const end = begin + (this.#lengths[word] as number);
      const count = this.#counts[word] as number;
      for (let place = begin; place + 1 < end; place++) {
        tell(pairOf(this.#symbols[place] as number, this.#symbols[place + 1] as number), count, word);
      }
    }
  }

  /** Replaces a pair in one word, leftmost first, and reports the pairs around it. */
  merge(word: number, pair: Pair, merged: number, tell: PairChange): void {
    const symbols = this.#symbols;
    const begin = this.#begins[word] as number;
    const end = begin + (this.#lengths[word] as number);
    const count = this.#counts[word] as number;
    const left = leftOf(pair);
    const right = rightOf(pair);
    let kept = begin;
    for (let place = begin; place < end; ) {
      const symbol = symbols[place] as number;
      if (symbol !== left || place + 1 === end || symbols[place + 1] !== right) {
        symbols[kept++] = symbol;
        place++;
        continue;
      }
      if (kept > begin) {
        const before = symbols[kept - 1] as number;
        tell(pairOf(before, left), -count, word);
        tell(pairOf(before, merged), count, word);
      }
      symbols[kept++] = merged;
      place += 2;
      if (place < end) {
        const after = symbols[place] as number;
        tell(pairOf(right, after), -count, word);
        tell(pairOf(merged, after), count, word);
      }
    }
    this.#lengths[word] = kept - begin;
  }
}
