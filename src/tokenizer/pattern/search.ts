/** Searching a text for the matches of a pattern. */

/** A search goes from match to match. */
export interface Search {
  /** The start of the last match, and the place after its end. */
  readonly start: number;
  readonly end: number;
  /** Finds the first match from a place on; false if there is none. */
  next(from: number): boolean;
}

/** Begins to search a text. */
export type Searcher = (text: string) => Search;

/** @param pattern a global regular expression */
export function searcher(pattern: RegExp): Searcher {
  return (text) => new WindowedSearch(text, pattern);
}

const WINDOW = 2 ** 20;
/** Characters that a pattern sees before a place. A match is certain if as many follow it in the window. */
const CONTEXT = 64;

/**
 * Of texts of any length. For each character of a repetition V8 keeps a place to come back to, and gives up
 * at some two million: it is shown a window of the text at a time.
 */
class WindowedSearch implements Search {
  start = 0;
  end = 0;
  readonly #text: string;
  readonly #pattern: RegExp;
  #window = "";
  /** The start and the end of the window in the text, and the place that it was moved to. */
  #windowStart = 0;
  #windowEnd = 0;
  #place = 0;

  constructor(text: string, pattern: RegExp) {
    this.#text = text;
    this.#pattern = pattern;
    this.#moveTo(0);
  }

  /**
   * Finds the first match from a place on. One as long as a window is put together of parts: each is what the
   * pattern matches from shortly before the end of the last.
   */
  next(from: number): boolean {
    for (let place = from; ; ) {
      const found = this.#match(place);
      if (this.#isLast || (found && this.#isCertain)) return found;
      if (place === this.#place) {
        if (found && this.start === place) return this.#extend(place);
        place = found ? this.start : this.#windowEnd - CONTEXT;
      }
      this.#moveTo(place);
    }
  }

  /** Goes on with a match that reached the end of its window. */
  #extend(start: number): boolean {
    let { end } = this;
    do {
      this.#moveTo(end);
      if (!this.#match(this.#windowStart) || this.start !== this.#windowStart) break;
      ({ end } = this);
    } while (!this.#isLast && !this.#isCertain);
    this.start = start;
    this.end = end;
    return true;
  }

  get #isLast(): boolean {
    return this.#windowEnd === this.#text.length;
  }

  get #isCertain(): boolean {
    return this.end + CONTEXT <= this.#windowEnd;
  }

  #match(from: number): boolean {
    this.#pattern.lastIndex = from - this.#windowStart;
    const found = this.#pattern.exec(this.#window);
    if (found === null) return false;
    this.start = this.#windowStart + found.index;
    this.end = this.#windowStart + this.#pattern.lastIndex;
    return true;
  }

  #moveTo(place: number): void {
    this.#place = place;
    this.#windowStart = wholeCharacter(this.#text, Math.max(0, place - CONTEXT));
    this.#windowEnd = Math.min(place + WINDOW, this.#text.length);
    this.#window = this.#text.slice(this.#windowStart, this.#windowEnd);
  }
}

/** The place after the character at a place. */
export const placeAfter = (text: string, place: number): number =>
  place + ((text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1);

/** The place, or the one before it if it is between the halves of a character. */
export function wholeCharacter(text: string, place: number): number {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}
