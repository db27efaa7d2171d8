/** Limits of one rendering, so that a hostile template ends: steps, depth of calls, and length of text. */
import { fail } from "./template-error.ts";

const MOST_STEPS = 5_000_000;
const MOST_CHARACTERS = 1 << 26;
const DEEPEST = 200;

export class Limits {
  #steps = 0;
  #depth = 0;

  /** Counts passes of loops, calls and items of lists. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > MOST_STEPS) fail("limit", `the template takes more than ${MOST_STEPS} steps`);
  }

  within<T>(call: () => T): T {
    this.step();
    if (++this.#depth > DEEPEST) fail("limit", `macros of the template call each other ${DEEPEST} deep`);
    try {
      return call();
    } finally {
      this.#depth--;
    }
  }
}

export function checkLength(characters: number): void {
  if (characters > MOST_CHARACTERS) {
    fail("limit", `the template makes a text of more than ${MOST_CHARACTERS} characters`);
  }
}
