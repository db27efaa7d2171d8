/**
 * A regular pattern as a deterministic automaton: it looks at each character once and remembers one number, so that words
 * of any length take neither memory nor more time. States are made when a text first leads to them.
 */

import { RegularPattern, type Step } from "./regular-pattern.ts";
import { placeAfter, type Search, type Searcher } from "./search.ts";

/** What follows the last character of a text. */
const END = 0x110000;
/** Kinds of characters that patterns tell apart, at most. */
const KINDS = 64;
const NOWHERE = 0;
const START = 1;
const UNKNOWN = -1;

/** @throws Error for a pattern that is not regular */
export function regular(pattern: RegExp): Searcher {
  const automaton = new Automaton(pattern);
  return (text) => new AutomatonSearch(automaton, text);
}

class Automaton {
  readonly #atoms: readonly RegExp[];
  /** Of each character that was met. */
  readonly #kinds = new Uint8Array(END + 1);
  /** Of each kind: the atoms that match its characters. The first kind are the characters that were not met. */
  readonly #atomsOf: ReadonlySet<number>[] = [new Set()];
  readonly #kindOf = new Map<string, number>();
  /** Of each state: the steps that a match could go on with, in the order in which a search that goes back tries them. */
  readonly #steps: (readonly Step[])[] = [];
  readonly #stateOf = new Map<string, number>();
  /** Of each state and kind of the next character: `2 * state + 1` where a match ends before it, else `2 * state`. */
  readonly #moves: number[] = [];
  readonly #ids = new Map<Step, number>();

  constructor(pattern: RegExp) {
    const { atoms, first } = new RegularPattern(pattern);
    this.#atoms = atoms;
    this.#state([]);
    this.#state([first]);
  }

  /** Where the match that begins at `start` ends; -1 where none does. */
  end(text: string, start: number): number {
    const kinds = this.#kinds;
    const moves = this.#moves;
    let end = -1;
    for (let state = START, at = start; state !== NOWHERE; ) {
      const code = at < text.length ? (text.codePointAt(at) as number) : END;
      const kind = kinds[code] || this.#kind(code);
      let move = moves[state * KINDS + kind] as number;
      if (move === UNKNOWN) move = this.#move(state, kind);
      if (move & 1) end = at;
      state = move >> 1;
      at += code > 0xffff ? 2 : 1;
    }
    return end;
  }

  #kind(code: number): number {
    const character = code === END ? "" : String.fromCodePoint(code);
    const atoms = this.#atoms.flatMap((atom, index) => (atom.test(character) ? index : []));
    const kind = this.#kindOf.get(atoms.join()) ?? this.#atomsOf.length;
    if (kind === KINDS) throw new Error(`more than ${KINDS} kinds of characters`);
    this.#kindOf.set(atoms.join(), kind);
    this.#atomsOf[kind] = new Set(atoms);
    this.#kinds[code] = kind;
    return kind;
  }

  #move(state: number, kind: number): number {
    const atoms = this.#atomsOf[kind] ?? new Set();
    const seen = new Set<Step>();
    const taken = new Set<Step>();
    /** Whether the match ends here: what would be tried after that is not. */
    const follow = (step: Step): boolean => {
      if (seen.has(step)) return false;
      seen.add(step);
      switch (step.kind) {
        case "done":
          return true;
        case "take":
          if (atoms.has(step.atom)) taken.add(step.next);
          return false;
        case "unless":
          return !atoms.has(step.atom) && follow(step.next);
        case "fork":
          return step.options.some(follow);
      }
    };
    const ends = (this.#steps[state] ?? []).some(follow);
    const move = 2 * this.#state([...taken]) + Number(ends);
    this.#moves[state * KINDS + kind] = move;
    return move;
  }

  #state(steps: readonly Step[]): number {
    const key = steps.map((step) => this.#id(step)).join();
    const known = this.#stateOf.get(key);
    if (known !== undefined) return known;
    const state = this.#stateOf.size;
    this.#stateOf.set(key, state);
    this.#steps[state] = steps;
    for (let kind = 0; kind < KINDS; kind++) this.#moves.push(UNKNOWN);
    return state;
  }

  #id(step: Step): number {
    const id = this.#ids.get(step) ?? this.#ids.size;
    this.#ids.set(step, id);
    return id;
  }
}

class AutomatonSearch implements Search {
  start = 0;
  end = 0;
  readonly #automaton: Automaton;
  readonly #text: string;

  constructor(automaton: Automaton, text: string) {
    this.#automaton = automaton;
    this.#text = text;
  }

  next(from: number): boolean {
    for (
      this.start = from;
      this.start <= this.#text.length;
      this.start = placeAfter(this.#text, this.start)
    ) {
      this.end = this.#automaton.end(this.#text, this.start);
      if (this.end >= 0) return true;
    }
    return false;
  }
}
