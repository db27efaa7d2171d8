/**
 * Text that knows where each of its characters comes from: the template itself, or a message, a tool or a
 * document that a template prints. Every operation of a template keeps the origins, so that a prompt is split
 * exactly where content ends, also behind filters such as trim, upper and replace.
 */

/** The template's own text, which may spell control tokens. */
export const SCAFFOLD = "template";

/** `SCAFFOLD`, or who wrote the characters: a role such as `user`, or `tools`. */
export type Origin = string;

/** Characters of one origin. */
export interface Run {
  /** The place after its last character, in UTF-16 units. */
  readonly end: number;
  readonly origin: Origin;
}

export class MarkedText {
  readonly text: string;
  /** In order, none empty; neighbours differ in origin. */
  readonly runs: readonly Run[];
  /** Whether the filter `safe` or `escape` made it: text that is added to it is escaped as HTML. */
  readonly isSafe: boolean;

  private constructor(text: string, runs: readonly Run[], isSafe = false) {
    this.text = text;
    this.runs = runs;
    this.isSafe = isSafe;
  }

  static of(text: string, origin: Origin = SCAFFOLD): MarkedText {
    return new MarkedText(text, text === "" ? [] : [{ end: text.length, origin }]);
  }

  static join(parts: readonly MarkedText[], separator?: MarkedText): MarkedText {
    const runs: Run[] = [];
    let offset = 0;
    const texts: string[] = [];
    const append = (part: MarkedText) => {
      for (const { end, origin } of part.runs) {
        if (runs.at(-1)?.origin === origin) runs.pop();
        runs.push({ end: offset + end, origin });
      }
      texts.push(part.text);
      offset += part.text.length;
    };
    for (const [index, part] of parts.entries()) {
      if (index > 0 && separator !== undefined) append(separator);
      append(part);
    }
    return new MarkedText(texts.join(""), runs);
  }

  /** One origin for text made of these: the first one that is not the template. */
  static originOf(parts: Iterable<MarkedText>): Origin {
    for (const { runs } of parts) {
      const content = runs.find(({ origin }) => origin !== SCAFFOLD);
      if (content !== undefined) return content.origin;
    }
    return SCAFFOLD;
  }

  get length(): number {
    return this.text.length;
  }

  /** The origin of the whole, as `originOf`. */
  get origin(): Origin {
    return MarkedText.originOf([this]);
  }

  slice(begin: number, end = this.length): MarkedText {
    if (begin === 0 && end >= this.length) return this;
    const text = this.text.slice(begin, end);
    const runs: Run[] = [];
    for (const run of this.runs) {
      if (run.end <= begin) continue;
      runs.push({ end: Math.min(run.end, end) - begin, origin: run.origin });
      if (run.end >= end) break;
    }
    return new MarkedText(text, text === "" ? [] : runs, this.isSafe);
  }

  /** The same text, safe or not. */
  marked(isSafe: boolean): MarkedText {
    return new MarkedText(this.text, this.runs, isSafe);
  }

  /** The characters of each run changed on their own, such as to upper case. */
  map(change: (text: string) => string): MarkedText {
    const changed = this.pieces().map(({ text, origin }) => MarkedText.of(change(text), origin));
    return MarkedText.join(changed).marked(this.isSafe);
  }

  /** The text of each run, with its origin. */
  pieces(): { readonly text: string; readonly origin: Origin }[] {
    let begin = 0;
    return this.runs.map(({ end, origin }) => {
      const text = this.text.slice(begin, end);
      begin = end;
      return { text, origin };
    });
  }

  /** Places of the code points, with the place of the end. Undefined if each is one UTF-16 unit. */
  #places(): number[] | undefined {
    if (!/[\ud800-\udbff]/.test(this.text)) return undefined;
    const places = [0];
    let place = 0;
    for (const character of this.text) {
      place += character.length;
      places.push(place);
    }
    return places;
  }

  /** Code points, which are Python's characters. */
  get count(): number {
    const places = this.#places();
    return places === undefined ? this.length : places.length - 1;
  }

  /** Slices by code points. */
  characters(begin: number, end: number): MarkedText {
    const places = this.#places();
    return places === undefined
      ? this.slice(begin, end)
      : this.slice(places[begin] ?? this.length, places[end]);
  }

  /** Each code point. */
  split(): MarkedText[] {
    const places = this.#places() ?? Array.from({ length: this.length + 1 }, (_, i) => i);
    return places.slice(1).map((end, i) => this.slice(places[i] ?? 0, end));
  }
}
