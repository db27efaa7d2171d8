/**
 * Searches for any regular pattern in linear time, as fast as `regular` where that is possible: with its
 * automaton as long as a text takes about one look at each character, with `linear` from then on.
 */

import { Automaton } from "./automaton.ts";
import { TooMany } from "./character-kinds.ts";
import { linear } from "./linear.ts";
import { NotRegular } from "./regular-pattern.ts";
import { placeAfter, type Search, type Searcher } from "./search.ts";

/** Looks for each character of the text, beside `FREE` ones. */
const LOOKS = 8;
const FREE = 10_000;

/** @throws NotRegular for a pattern that is not regular */
export function quick(pattern: RegExp): Searcher {
  const slow = linear(pattern);
  const shared = { automaton: automatonOf(pattern) };
  return (text) => (shared.automaton === undefined ? slow(text) : new QuickSearch(text, shared, slow));
}

function automatonOf(pattern: RegExp): Automaton | undefined {
  try {
    return new Automaton(pattern);
  } catch (error) {
    if (error instanceof NotRegular) return undefined;
    throw error;
  }
}

class QuickSearch implements Search {
  start = 0;
  end = 0;
  readonly #text: string;
  readonly #shared: { automaton: Automaton | undefined };
  readonly #linear: Searcher;
  /** The search that took over. */
  #slow: Search | undefined;
  #looks = -FREE;

  constructor(text: string, shared: { automaton: Automaton | undefined }, slow: Searcher) {
    this.#text = text;
    this.#shared = shared;
    this.#linear = slow;
  }

  next(from: number): boolean {
    return this.#slow === undefined ? this.#quickly(from) : this.#slowly(this.#slow, from);
  }

  #quickly(from: number): boolean {
    const { automaton } = this.#shared;
    if (automaton === undefined) return this.#slowly(this.#linear(this.#text), from);
    try {
      for (let start = from; start <= this.#text.length; start = placeAfter(this.#text, start)) {
        this.start = start;
        this.end = automaton.end(this.#text, start);
        this.#looks += automaton.reached - start;
        if (this.#looks > LOOKS * start) return this.#slowly(this.#linear(this.#text), from);
        if (this.end >= 0) return true;
      }
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      this.#shared.automaton = undefined;
      return this.#slowly(this.#linear(this.#text), from);
    }
    return false;
  }

  #slowly(slow: Search, from: number): boolean {
    this.#slow = slow;
    const found = slow.next(from);
    this.start = slow.start;
    this.end = slow.end;
    return found;
  }
}
