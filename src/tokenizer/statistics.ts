/** Statistics of a tokenizer on texts. */

import type { Tokenizer } from "./tokenizer.ts";

export interface TokenStatistics {
  readonly texts: number;
  /**
   * Texts that do not come back when they are decoded: the tokenizer does not know all of their characters.
   */
  readonly changedTexts: number;
  /** The size of the texts in UTF-8. */
  readonly bytes: number;
  readonly tokens: number;
  readonly vocabSize: number;
  /** Tokens of the vocabulary that occur. */
  readonly usedTokens: number;
  /** The number of tokens of 1 byte, of 2, and so on. The last entry counts all longer tokens, too. */
  readonly tokensByBytes: readonly number[];
  /** The most frequent tokens and their counts. */
  readonly frequent: readonly { readonly id: number; readonly count: number }[];
}

const MOST_BYTES = 10;
const FREQUENT = 10;

/** Counts the tokens of texts; memory does not grow with them. */
export class TokenCounts {
  readonly #tokenizer: Tokenizer;
  readonly #counts: Float64Array;
  #texts = 0;
  #changedTexts = 0;
  #bytes = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#counts = new Float64Array(tokenizer.vocabSize);
  }

  add(text: string): void {
    const ids = this.#tokenizer.encode(text);
    for (const id of ids) this.#counts[id] = (this.#counts[id] ?? 0) + 1;
    if (this.#tokenizer.decode(ids) !== text) this.#changedTexts++;
    this.#bytes += Buffer.byteLength(text);
    this.#texts++;
  }

  statistics(): TokenStatistics {
    const used = Array.from(this.#counts, (count, id) => ({ id, count })).filter(({ count }) => count > 0);
    const tokensByBytes = new Array<number>(MOST_BYTES).fill(0);
    for (const { id, count } of used) {
      const size = Math.min(MOST_BYTES, Math.max(1, this.#tokenizer.bytes(id).length));
      tokensByBytes[size - 1] = (tokensByBytes[size - 1] ?? 0) + count;
    }
    return {
      texts: this.#texts,
      changedTexts: this.#changedTexts,
      bytes: this.#bytes,
      tokens: used.reduce((sum, { count }) => sum + count, 0),
      vocabSize: this.#tokenizer.vocabSize,
      usedTokens: used.length,
      tokensByBytes,
      frequent: used.sort((a, b) => b.count - a.count || a.id - b.id).slice(0, FREQUENT),
    };
  }
}
