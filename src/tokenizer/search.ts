/**
 * Searching texts of any length. For each character of a repetition V8 keeps a place to come back to, and gives up at some
 * two million: it is shown a window of the text at a time.
 */

/** Of a text: where it starts, and the place after its end. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const WINDOW = 2 ** 20;
/** What a pattern sees before the place it is tried at, and what has to follow a match for it to be certain. */
const CONTEXT = 64;

export class Search {
  readonly #text: string;
  readonly #pattern: RegExp;
  #window = "";
  /** Where in the text the window starts and ends, and the place it was moved to. */
  #start = 0;
  #end = 0;
  #place = 0;

  /** @param pattern a global regular expression */
  constructor(text: string, pattern: RegExp) {
    this.#text = text;
    this.#pattern = pattern;
    this.#moveTo(0);
  }

  /**
   * The first match from a place on. One as long as a window is put together of parts: each is what the pattern matches
   * from shortly before the end of the last.
   */
  next(from: number): Span | undefined {
    for (let place = from; ; ) {
      const found = this.#match(place);
      if (this.#isLast || (found !== undefined && this.#isCertain(found))) return found;
      if (place === this.#place) {
        if (found?.start === place) return { start: place, end: this.#extended(found.end) };
        place = found?.start ?? this.#end - CONTEXT;
      }
      this.#moveTo(place);
    }
  }

  /** Where a match ends that reached the end of its window. */
  #extended(reached: number): number {
    for (let end = reached; ; ) {
      this.#moveTo(end);
      const found = this.#match(this.#start);
      if (found?.start !== this.#start) return end;
      end = found.end;
      if (this.#isLast || this.#isCertain(found)) return end;
    }
  }

  get #isLast(): boolean {
    return this.#end === this.#text.length;
  }

  #isCertain({ end }: Span): boolean {
    return end + CONTEXT <= this.#end;
  }

  #match(from: number): Span | undefined {
    this.#pattern.lastIndex = from - this.#start;
    const found = this.#pattern.exec(this.#window);
    if (found === null) return undefined;
    const start = this.#start + found.index;
    return { start, end: start + found[0].length };
  }

  #moveTo(place: number): void {
    this.#place = place;
    this.#start = wholeCharacter(this.#text, Math.max(0, place - CONTEXT));
    this.#end = Math.min(place + WINDOW, this.#text.length);
    this.#window = this.#text.slice(this.#start, this.#end);
  }
}

/** The place, or the one before it where it is between the halves of a character. */
function wholeCharacter(text: string, place: number): number {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}
