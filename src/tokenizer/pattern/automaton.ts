/**
 * A regular pattern as a deterministic automaton: it looks at each character once and remembers one number.
 * So words of any length take neither memory nor more time. A state is made when a text first leads to it.
 *
 * A search tries one place after the other. It is linear for patterns that match at every place and end soon
 * after the match, as the published ones do. `linear` is for all others.
 */

import { CharacterKinds, EDGE, TooMany } from "./character-kinds.ts";
import { NotRegular, RegularPattern, type Step } from "./regular-pattern.ts";
import { placeAfter, type Search, type Searcher } from "./search.ts";

/** Bounds on the kinds of characters that a pattern tells apart, and on states. */
const KINDS = 64;
const STATES = 2 ** 12;
const NOWHERE = 0;
const START = 1;
const UNKNOWN = -1;

/** @throws NotRegular for a pattern that is not regular, or that looks at more than the next character */
export function regular(pattern: RegExp): Searcher {
  const automaton = new Automaton(pattern);
  return (text) => new AutomatonSearch(automaton, text);
}

export class Automaton {
  /** The place where the last `end` stopped looking. */
  reached = 0;
  readonly #kinds: CharacterKinds;
  /** The table of `#kinds`: a load less for each match. */
  readonly #kindOf: Uint8Array | Uint16Array;
  /**
   * For each state: the steps that a match could go on with, in the order in which backtracking tries them.
   */
  readonly #steps: (readonly Step[])[] = [];
  readonly #stateOf = new Map<string, number>();
  /**
   * For each state and kind of the next character: `2 * state + 1` if a match ends before it, else `2 *
   * state`.
   */
  readonly #moves: number[] = [];
  readonly #ids = new Map<Step, number>();

  constructor(pattern: RegExp) {
    const { atoms, first, steps } = new RegularPattern(pattern);
    if (steps.some(({ kind }) => kind === "look" || kind === "after")) {
      throw new NotRegular(`${pattern.source} looks at more than the next character`);
    }
    this.#kinds = new CharacterKinds(atoms, KINDS);
    this.#kindOf = this.#kinds.table;
    this.#state([]);
    this.#state([first]);
  }

  /** The end of the match that begins at `start`; -1 if none does. */
  end(text: string, start: number): number {
    const kinds = this.#kindOf;
    const moves = this.#moves;
    let end = -1;
    let at = start;
    for (let state = START; state !== NOWHERE; ) {
      const code = at < text.length ? (text.codePointAt(at) as number) : EDGE;
      const kind = kinds[code] || this.#kinds.add(code);
      let move = moves[state * KINDS + kind] as number;
      if (move === UNKNOWN) move = this.#move(state, kind);
      if (move & 1) end = at;
      state = move >> 1;
      at += code > 0xffff ? 2 : 1;
    }
    this.reached = at;
    return end;
  }

  #move(state: number, kind: number): number {
    const atoms = this.#kinds.atoms(kind);
    const seen = new Set<Step>();
    const taken = new Set<Step>();
    /** Whether the match ends here. Then backtracking does not try the later steps. */
    const follow = (step: Step): boolean => {
      if (seen.has(step)) return false;
      seen.add(step);
      switch (step.kind) {
        case "done":
          return true;
        case "take":
          if (atoms.has(step.atom)) taken.add(step.next);
          return false;
        case "before":
          return atoms.has(step.atom) === step.holds && follow(step.next);
        case "fork":
          return step.options.some(follow);
        default:
          return false;
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
    if (state === STATES) throw new TooMany(`more than ${STATES} states`);
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
