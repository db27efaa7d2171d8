/**
 * Searches for a regular pattern in time and memory linear in the text, whatever the pattern: first from
 * right to left, to know where matches begin, then from left to right, to know where they end. A long text is
 * read in blocks: the states at their starts are kept. The states within a block are made again when the
 * search gets there.
 */

import { EDGE } from "./character-kinds.ts";
import { RegularPattern } from "./regular-pattern.ts";
import { BEYOND, DONE, ReverseAutomaton } from "./reverse-automaton.ts";
import { placeAfter, type Search, type Searcher, wholeCharacter } from "./search.ts";

/** Places in a block. Together with `STATES` they fit the numbers of `#states`. */
const BLOCK = 2 ** 13;
/** An automaton with more states is replaced before the next block. */
const STATES = 2 ** 12;

/** @throws NotRegular for a pattern that is not regular */
export function linear(pattern: RegExp): Searcher {
  const steps = new RegularPattern(pattern);
  let automaton: ReverseAutomaton | undefined;
  const current = (): ReverseAutomaton => {
    automaton ??= new ReverseAutomaton(steps);
    if (automaton.size > STATES) automaton = automaton.fresh();
    return automaton;
  };
  return (text) => new LinearSearch(text, current);
}

class LinearSearch implements Search {
  start = 0;
  end = 0;
  readonly #text: string;
  readonly #current: () => ReverseAutomaton;
  /** The steps that lead to a match at the start of each block; then at the end of the text. */
  readonly #sets: Uint8Array[] = [];
  /** The first and the last place of the block that is read. */
  #first = 0;
  #last = -1;
  #automaton: ReverseAutomaton;
  /** The states of the block's places. */
  readonly #states: Uint16Array;

  constructor(text: string, current: () => ReverseAutomaton) {
    this.#text = text;
    this.#current = current;
    this.#automaton = current();
    this.#states = new Uint16Array(Math.min(BLOCK, text.length) + 2);
    const blocks = Math.max(1, Math.ceil(text.length / BLOCK));
    const previous =
      text.length === 0 ? EDGE : (text.codePointAt(wholeCharacter(text, text.length - 1)) as number);
    this.#sets[blocks] = this.#automaton.set(this.#automaton.move(BEYOND, EDGE, previous));
    for (let block = blocks - 1; block >= 0; block--) {
      this.#read(block);
      this.#sets[block] = this.#automaton.set(this.#states[0] as number);
    }
  }

  next(from: number): boolean {
    for (let at = from; at <= this.#text.length; at = placeAfter(this.#text, at)) {
      if (!this.#automaton.begins[this.#state(at)]) continue;
      this.start = at;
      this.end = this.#endFrom(at);
      return true;
    }
    return false;
  }

  /** The end of the match that begins at a place. */
  #endFrom(start: number): number {
    let at = start;
    for (let step = this.#automaton.first; ; at = placeAfter(this.#text, at)) {
      step = this.#automaton.choose(this.#state(at), step);
      if (step === DONE) return at;
    }
  }

  #state(at: number): number {
    if (at > this.#last || at < this.#first)
      this.#read(Math.min(Math.floor(at / BLOCK), this.#sets.length - 2));
    return this.#states[at - this.#first] as number;
  }

  /** The start of a block, between characters. */
  #boundary(block: number): number {
    const place = block * BLOCK;
    return place >= this.#text.length ? this.#text.length : wholeCharacter(this.#text, place);
  }

  /** Reads a block from right to left. */
  #read(block: number): void {
    const automaton = this.#current();
    const text = this.#text;
    const states = this.#states;
    const first = this.#boundary(block);
    const last = this.#boundary(block + 1);
    this.#automaton = automaton;
    this.#first = first;
    this.#last = last;
    let state = automaton.state(this.#sets[block + 1] as Uint8Array);
    states[last - first] = state;
    for (let after = last; after > first; ) {
      const place = wholeCharacter(text, after - 1);
      const code = text.codePointAt(place) as number;
      const previous = !automaton.looksBehind || place === 0 ? EDGE : characterBefore(text, place);
      state = automaton.move(state, code, previous);
      states[place - first] = state;
      after = place;
    }
  }
}

const characterBefore = (text: string, place: number): number =>
  text.codePointAt(wholeCharacter(text, place - 1)) as number;
