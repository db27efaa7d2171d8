/** Finds the tokens that a text goes on with at a place: a sorted list of tokens, narrowed unit by unit. */

/** A token of the index and the place after it. */
export type TakeToken = (id: number, end: number) => void;

export class PrefixIndex {
  readonly #tokens: readonly string[];
  readonly #ids: Int32Array;
  /** The tokens that begin with each UTF-16 unit: from the first up to the second number. */
  readonly #byFirst = new Map<number, readonly [from: number, to: number]>();

  constructor(ids: Iterable<readonly [token: string, id: number]>) {
    const sorted = [...ids]
      .filter(([token]) => token !== "")
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#tokens = sorted.map(([token]) => token);
    this.#ids = Int32Array.from(sorted, ([, id]) => id);
    for (let from = 0, to = 0; from < sorted.length; from = to) {
      const unit = this.#unit(from, 0);
      while (to < sorted.length && this.#unit(to, 0) === unit) to++;
      this.#byFirst.set(unit, [from, to]);
    }
  }

  /** Hands on the tokens that begin at a place, the shortest first. */
  each(text: string, start: number, end: number, take: TakeToken): void {
    const first = this.#byFirst.get(text.charCodeAt(start));
    if (first === undefined || start === end) return;
    let [from, to] = first;
    for (let length = 1; ; length++) {
      if (to - from === 1) {
        const token = this.#tokens[from] as string;
        const after = start + token.length;
        if (after <= end && text.startsWith(token, start)) take(this.#ids[from] as number, after);
        return;
      }
      // Of the tokens with these units, the one without more comes first.
      if ((this.#tokens[from] as string).length === length) take(this.#ids[from++] as number, start + length);
      if (start + length >= end) return;
      const unit = text.charCodeAt(start + length);
      from = this.#firstFrom(unit, length, from, to);
      to = this.#firstFrom(unit + 1, length, from, to);
      if (from === to) return;
    }
  }

  /** The longest token that begins at a place, as its length; 0 for none. */
  longest(text: string, start: number): number {
    let length = 0;
    this.each(text, start, text.length, (_id, end) => {
      length = end - start;
    });
    return length;
  }

  /** The first token of a range whose unit at a place is `least` or more. */
  #firstFrom(least: number, place: number, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#unit(middle, place) < least) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #unit(token: number, place: number): number {
    return (this.#tokens[token] as string).charCodeAt(place);
  }
}
