/**
 * Reads a regular expression as the steps of an automaton (Thompson 1968). All of it is regular: characters,
 * alternatives, repetitions, lookahead, and lookbehind of one character. Not regular here are back
 * references, which atomic groups need, and longer lookbehind.
 */

import { EDGE_ATOM } from "./character-kinds.ts";

export type Step =
  /** The match is complete. */
  | { readonly kind: "done" }
  /** Takes a character that the atom matches. */
  | { readonly kind: "take"; readonly atom: number; readonly next: Step }
  /** Goes on if the atom matches the next character, or if it does not. */
  | { readonly kind: "before"; readonly atom: number; readonly holds: boolean; readonly next: Step }
  /** The same of the character that was taken last. */
  | { readonly kind: "after"; readonly atom: number; readonly holds: boolean; readonly next: Step }
  /** Goes on if a match of another pattern begins here, or if none does. */
  | { readonly kind: "look"; readonly ahead: Step; readonly holds: boolean; readonly next: Step }
  /** The first option that leads to a match. */
  | { readonly kind: "fork"; readonly options: readonly Step[] };

/** A pattern that is not regular, or that has too many steps. */
export class NotRegular extends Error {}

/** Makes the first step of a part of a pattern, given the step after the part. */
type Part = (next: Step) => Step;

/** A bound on the steps of a pattern: counted repetitions multiply them. */
const MAX_STEPS = 2000;

/** Matches one character outside of brackets, such as `a`, `\n` or `\p{L}`. */
const ATOM = /\\[pP]\{[\w=]+\}|\\x[\dA-F]{2}|\\[^bBkpPux\d]|[^()|^$*+?{}[\]\\]/uy;
const QUANTIFIER = /([*+?]|\{(\d+)(?:,(\d*))?\})(\??)/y;
const QUANTITIES: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ["*", [0, Infinity]],
  ["+", [1, Infinity]],
  ["?", [0, 1]],
]);

export class RegularPattern {
  /** Each matches single characters. */
  readonly atoms: readonly RegExp[];
  readonly first: Step;
  /** All steps. With few exceptions a step stands after the steps that it leads to. */
  readonly steps: readonly Step[];
  /** For each step the number of lookaheads around it. */
  readonly levels: readonly number[];
  readonly #source: string;
  readonly #atoms = new Map<string, number>();
  readonly #steps: Step[] = [];
  readonly #levels: number[] = [];
  #level = 0;
  #at = 0;

  /** @throws NotRegular for a pattern that is not regular */
  constructor({ source, flags }: RegExp) {
    this.#source = source;
    const whole = this.#alternatives();
    if (this.#at < source.length) this.#refuse();
    this.first = whole(this.#step({ kind: "done" }));
    this.atoms = Array.from(this.#atoms.keys(), (atom) => new RegExp(`^${atom}$`, flags.replace("g", "")));
    this.steps = this.#steps;
    this.levels = this.#levels;
  }

  #alternatives(): Part {
    const options = [this.#sequence()];
    while (this.#accept("|")) options.push(this.#sequence());
    const [only] = options;
    if (only !== undefined && options.length === 1) return only;
    return (next) => this.#fork(options.map((option) => option(next)));
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
    if (this.#accept("(?=")) return this.#lookahead(true);
    if (this.#accept("(?!")) return this.#lookahead(false);
    if (this.#accept("(?<=")) return this.#closed(this.#beside("after", this.#atom(), true));
    if (this.#accept("(?<!")) return this.#closed(this.#beside("after", this.#atom(), false));
    if (this.#accept("^")) return this.#beside("after", this.#atomOf(EDGE_ATOM), true);
    if (this.#accept("$")) return this.#beside("before", this.#atomOf(EDGE_ATOM), true);
    const atom = this.#atom();
    return (next) => this.#step({ kind: "take", atom, next });
  }

  /** After `(?=` or `(?!`. Most lookaheads are of one character. */
  #lookahead(holds: boolean): Part {
    const start = this.#at;
    const atom = this.#accept("$") ? EDGE_ATOM : this.#atomSource();
    if (atom !== undefined && this.#accept(")")) return this.#beside("before", this.#atomOf(atom), holds);
    this.#at = start;
    const ahead = this.#alternatives();
    return this.#closed((next) => {
      this.#level++;
      const first = ahead(this.#step({ kind: "done" }));
      this.#level--;
      return this.#step({ kind: "look", ahead: first, holds, next });
    });
  }

  #beside(kind: "before" | "after", atom: number, holds: boolean): Part {
    return (next) => this.#step({ kind, atom, holds, next });
  }

  #closed(part: Part): Part {
    return this.#accept(")") ? part : this.#refuse();
  }

  #quantified(part: Part): Part {
    const found = this.#match(QUANTIFIER);
    if (found === null) return part;
    const [, symbol = "", exactly, upTo = exactly, suffix] = found;
    const [least, most] = QUANTITIES.get(symbol) ?? [Number(exactly), Number(upTo || Infinity)];
    const isLazy = suffix === "?";
    const option = (more: Step, next: Step) => (isLazy ? [next, more] : [more, next]);
    return (next) => {
      let steps = next;
      if (most === Infinity) {
        const options: Step[] = [];
        steps = this.#fork(options);
        options.push(...option(part(steps), next));
      } else {
        for (let i = least; i < most; i++) steps = this.#fork(option(part(steps), next));
      }
      for (let i = 0; i < least; i++) steps = part(steps);
      return steps;
    };
  }

  #fork(options: readonly Step[]): Step {
    return this.#step({ kind: "fork", options });
  }

  #step(step: Step): Step {
    if (this.#steps.length === MAX_STEPS) throw new NotRegular(`more than ${MAX_STEPS} steps`);
    this.#steps.push(step);
    this.#levels.push(this.#level);
    return step;
  }

  #atom(): number {
    return this.#atomOf(this.#atomSource() ?? this.#refuse());
  }

  #atomOf(source: string): number {
    const index = this.#atoms.get(source) ?? this.#atoms.size;
    this.#atoms.set(source, index);
    return index;
  }

  /** The source of the atom that begins here; undefined if none does. */
  #atomSource(): string | undefined {
    if (!this.#source.startsWith("[", this.#at)) return this.#match(ATOM)?.[0];
    const start = this.#at;
    for (let depth = 0; this.#at < this.#source.length; ) {
      const character = this.#source.charAt(this.#at++);
      if (character === "\\") this.#at++;
      else if (character === "[") depth++;
      else if (character === "]" && --depth === 0) return this.#source.slice(start, this.#at);
    }
    return this.#refuse();
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
    throw new NotRegular(`${this.#source} is not regular at ${this.#at}`);
  }
}
