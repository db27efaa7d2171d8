/**
 * A regular pattern read from right to left. Its state at a place is the set of steps that lead to a match
 * from there (Frisch and Cardelli 2004, Greedy regular expression matching): where a match begins, and which
 * way to go, is known before the pattern is followed from left to right. So no step is ever taken back.
 * Lookahead costs nothing: it asks whether its first step is in the set.
 *
 * A state is made when a text first leads to it.
 */

import { CharacterKinds } from "./character-kinds.ts";
import type { RegularPattern, Step } from "./regular-pattern.ts";

/** After the end of a text nothing leads to a match. */
export const BEYOND = 0;
/** A choice: the match ends here. */
export const DONE = -1;
/** Kinds of characters, in a pair of two neighbours. */
const KINDS = 2 ** 16;

export class ReverseAutomaton {
  readonly kinds: CharacterKinds;
  /** The id of the first step. */
  readonly first: number;
  /** Whether a match begins at places with this state. */
  readonly begins: boolean[] = [];
  /** Whether the character before a place counts. */
  readonly looksBehind: boolean;
  readonly #pattern: RegularPattern;
  readonly #ids: ReadonlyMap<Step, number>;
  /** The ids of the steps in each lookahead in a lookahead in ..., the innermost first. */
  readonly #strata: readonly (readonly number[])[];
  /** For each state: 1 for each step that leads to a match. */
  readonly #sets: Uint8Array[] = [];
  readonly #stateOf = new Map<string, number>();
  /** For each state and column: the state one character before. A column is a kind, or a pair of kinds. */
  readonly #moves: number[][] = [];
  readonly #columns = new Map<number, number>();
  /** For each state and step: the step after the next character, or `DONE`. */
  readonly #choices: number[][] = [];

  constructor(pattern: RegularPattern, kinds = new CharacterKinds(pattern.atoms, KINDS)) {
    const { steps, levels, first } = pattern;
    this.kinds = kinds;
    this.#pattern = pattern;
    this.#ids = new Map(steps.map((step, id) => [step, id]));
    this.first = this.#id(first);
    this.looksBehind = steps.some(({ kind }) => kind === "after");
    const deepest = Math.max(...levels);
    this.#strata = Array.from({ length: deepest + 1 }, (_, i) =>
      steps.flatMap((_, id) => (levels[id] === deepest - i ? id : [])),
    );
    this.state(new Uint8Array(steps.length));
  }

  /** One without states, for the same pattern. */
  fresh(): ReverseAutomaton {
    return new ReverseAutomaton(this.#pattern, this.kinds);
  }

  /** The number of states. */
  get size(): number {
    return this.#sets.length;
  }

  /** The state with this set of steps. */
  state(set: Uint8Array): number {
    const key = Buffer.from(set).toString("latin1");
    const known = this.#stateOf.get(key);
    if (known !== undefined) return known;
    const state = this.#sets.push(set) - 1;
    this.#stateOf.set(key, state);
    this.#moves.push([]);
    this.#choices.push([]);
    this.begins.push(set[this.first] === 1);
    return state;
  }

  /** The set of steps of a state. */
  set(state: number): Uint8Array {
    return this.#sets[state] as Uint8Array;
  }

  /**
   * The state one character before a state.
   * @param code the character between the two places
   * @param previous the character before it; `EDGE` at the start of a text
   */
  move(state: number, code: number, previous: number): number {
    const { table } = this.kinds;
    const kind = table[code] || this.kinds.add(code);
    const before = this.looksBehind ? table[previous] || this.kinds.add(previous) : 0;
    const column = this.looksBehind ? this.#column(kind, before) : kind;
    const row = this.#moves[state] as number[];
    const known = row[column];
    if (known !== undefined) return known;
    const moved = this.state(this.#completing(this.set(state), kind, before));
    row[column] = moved;
    return moved;
  }

  /**
   * The way from a step at a place with this state, of all that lead to a match the one that backtracking
   * would take.
   * @returns the step after the next character, or `DONE` if the match ends here
   */
  choose(state: number, step: number): number {
    const row = this.#choices[state] as number[];
    const known = row[step];
    if (known !== undefined) return known;
    const chosen = this.#choice(this.set(state), step);
    row[step] = chosen;
    return chosen;
  }

  #id(step: Step): number {
    return this.#ids.get(step) as number;
  }

  #column(kind: number, before: number): number {
    const pair = before * KINDS + kind;
    const column = this.#columns.get(pair) ?? this.#columns.size;
    this.#columns.set(pair, column);
    return column;
  }

  /**
   * The steps that lead to a match, given those one character later. A least fixed point: loops lead to
   * themselves.
   */
  #completing(later: Uint8Array, kind: number, before: number): Uint8Array {
    const { steps } = this.#pattern;
    const next = this.kinds.atoms(kind);
    const previous = this.kinds.atoms(before);
    const set = new Uint8Array(steps.length);
    const has = (step: Step) => set[this.#id(step)] === 1;
    const completes = (step: Step): boolean => {
      switch (step.kind) {
        case "done":
          return true;
        case "take":
          return next.has(step.atom) && later[this.#id(step.next)] === 1;
        case "before":
          return next.has(step.atom) === step.holds && has(step.next);
        case "after":
          return previous.has(step.atom) === step.holds && has(step.next);
        case "look":
          return has(step.ahead) === step.holds && has(step.next);
        case "fork":
          return step.options.some(has);
      }
    };
    for (const ids of this.#strata) {
      for (let grown = true; grown; ) {
        grown = false;
        for (const id of ids) {
          if (set[id] === 1 || !completes(steps[id] as Step)) continue;
          set[id] = 1;
          grown = true;
        }
      }
    }
    return set;
  }

  #choice(set: Uint8Array, from: number): number {
    const seen = new Set<number>();
    const follow = (id: number): number | undefined => {
      if (set[id] !== 1 || seen.has(id)) return undefined;
      seen.add(id);
      const step = this.#pattern.steps[id] as Step;
      if (step.kind === "done") return DONE;
      if (step.kind === "take") return this.#id(step.next);
      if (step.kind !== "fork") return follow(this.#id(step.next));
      for (const option of step.options) {
        const chosen = follow(this.#id(option));
        if (chosen !== undefined) return chosen;
      }
      return undefined;
    };
    return follow(from) ?? DONE;
  }
}
