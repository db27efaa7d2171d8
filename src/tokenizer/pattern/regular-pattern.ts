/**
 * Regular expressions that are regular: characters, alternatives, greedy repetitions, and a look at the one character that
 * follows. Reads JavaScript's syntax into the steps of an automaton (Thompson 1968).
 */

export type Step =
  /** The match is complete. */
  | { readonly kind: "done" }
  /** Takes a character that the atom matches. */
  | { readonly kind: "take"; readonly atom: number; readonly next: Step }
  /** Goes on unless a character follows that the atom matches. */
  | { readonly kind: "unless"; readonly atom: number; readonly next: Step }
  /** The first of these that leads to a match. */
  | { readonly kind: "fork"; readonly options: readonly Step[] };

/** The steps that begin a part of a pattern, given those that follow it. */
type Part = (next: Step) => Step;

/** What matches one character, such as `a`, `\n`, `\p{L}` or `[^\r\n]`. */
const ATOM = /\[(?:\\.|[^\\\]])+\]|\\[pP]\{\w+\}|\\x[\dA-F]{2}|\\[^bBkpPux\d]|[^()|^$*+?{}\\[]/uy;
const QUANTIFIER = /([*+?]|\{(\d+)(?:,(\d*))?\})(?!\?)/y;
const QUANTITIES: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ["*", [0, Infinity]],
  ["+", [1, Infinity]],
  ["?", [0, 1]],
]);

export class RegularPattern {
  /** Each matches single characters. */
  readonly atoms: readonly RegExp[];
  readonly first: Step;
  readonly #source: string;
  readonly #atoms = new Map<string, number>();
  #at = 0;

  /** @throws Error for a pattern that is not regular */
  constructor({ source }: RegExp) {
    this.#source = source;
    const whole = this.#alternatives();
    if (this.#at < source.length) this.#refuse();
    this.first = whole({ kind: "done" });
    this.atoms = Array.from(this.#atoms.keys(), (atom) => new RegExp(`^${atom}$`, "u"));
  }

  #alternatives(): Part {
    const options = [this.#sequence()];
    while (this.#accept("|")) options.push(this.#sequence());
    return (next) => ({ kind: "fork", options: options.map((option) => option(next)) });
  }

  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      parts.push(this.#quantified(this.#part()));
    }
    return (next) => parts.reduceRight((after, part) => part(after), next);
  }

  #part(): Part {
    if (this.#accept("(?:")) return this.#closed(this.#alternatives());
    if (this.#accept("(?!")) {
      const atom = this.#atom();
      return this.#closed((next) => ({ kind: "unless", atom, next }));
    }
    const atom = this.#atom();
    return (next) => ({ kind: "take", atom, next });
  }

  #closed(part: Part): Part {
    return this.#accept(")") ? part : this.#refuse();
  }

  #quantified(part: Part): Part {
    const found = this.#match(QUANTIFIER);
    if (found === null) return part;
    const [, symbol = "", exactly, upTo = exactly] = found;
    const [least, most] = QUANTITIES.get(symbol) ?? [Number(exactly), Number(upTo || Infinity)];
    return (next) => {
      let steps = next;
      if (most === Infinity) steps = repeated(part, next);
      else for (let i = least; i < most; i++) steps = { kind: "fork", options: [part(steps), next] };
      for (let i = 0; i < least; i++) steps = part(steps);
      return steps;
    };
  }

  #atom(): number {
    const [atom] = this.#match(ATOM) ?? this.#refuse();
    const index = this.#atoms.get(atom) ?? this.#atoms.size;
    this.#atoms.set(atom, index);
    return index;
  }

  #accept(syntax: string): boolean {
    const accepted = this.#source.startsWith(syntax, this.#at);
    if (accepted) this.#at += syntax.length;
    return accepted;
  }

  #match(syntax: RegExp): RegExpExecArray | null {
    syntax.lastIndex = this.#at;
    const found = syntax.exec(this.#source);
    if (found !== null) this.#at = syntax.lastIndex;
    return found;
  }

  #refuse(): never {
    throw new Error(`${this.#source} is not regular at ${this.#at}`);
  }
}

/** Any number of times, as often as possible. */
function repeated(part: Part, next: Step): Step {
  const options: Step[] = [];
  const steps: Step = { kind: "fork", options };
  options.push(part(steps), next);
  return steps;
}
