/** How often each word occurs: all that training needs of its texts. */

import type { Splitter } from "../pattern/splitters.ts";

/** V8 cuts shorter strings out of a text by copying them. */
const COPIED_LENGTH = 12;

/** Counts the pieces that a splitter makes of texts. Memory grows with the distinct ones alone. */
export class WordCounts {
  readonly #split: Splitter;
  readonly #counts = new Map<string, number>();

  constructor(split: Splitter) {
    this.#split = split;
  }

  add(text: string): void {
    const counts = this.#counts;
    this.#split(text, true, (whole, start, end) => {
      const word = whole.slice(start, end);
      const count = counts.get(word);
      if (count !== undefined) counts.set(word, count + 1);
      else counts.set(detached(word), 1);
    });
  }

  /** In the order in which the words came first. */
  entries(): IterableIterator<[word: string, count: number]> {
    return this.#counts.entries();
  }
}

/** A copy that does not keep alive the text it was cut out of. */
function detached(word: string): string {
  return word.length > COPIED_LENGTH ? Buffer.from(word, "utf16le").toString("utf16le") : word;
}
