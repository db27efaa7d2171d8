/**
 * A grammar that a generated text keeps, ready to use with any tokenizer. The parts of it that depend on the
 * tokenizer are made once for each.
 */
import { GptError } from "../errors.ts";
import type { Grammar } from "./grammar/expression.ts";
import { fragments } from "./machine/fragments.ts";
import { Machine } from "./machine/machine.ts";
import { tablesOf } from "./machine/tables.ts";
import { ConstraintPosition } from "./position.ts";
import { Masks } from "./vocabulary/masks.ts";
import { type TokenBytes, Vocabulary } from "./vocabulary/vocabulary.ts";

/** Nodes of all rules together. */
const MOST_NODES = 200_000;

/** Trees of vocabularies: one for each tokenizer. */
const vocabularies = new WeakMap<TokenBytes, Vocabulary>();

export class Constraint {
  readonly machine: Machine;
  readonly #masks = new WeakMap<Vocabulary, Masks>();

  /**
   * @param name what the grammar is, in errors
   * @throws GptError `usage` for a grammar that allows no text, calls a rule that is not there, begins a rule
   *   with itself, or is too large
   */
  constructor(grammar: Grammar, name: string) {
    const fault = (problem: string) => new GptError("usage", `${name}: ${problem}`);
    this.machine = new Machine(tablesOf(fragments(grammar, fault, MOST_NODES), fault, MOST_NODES));
  }

  /** Whether a whole text keeps the grammar. */
  accepts(text: string): boolean {
    let state: ReturnType<Machine["after"]> = this.machine.start;
    for (const byte of Buffer.from(text)) {
      state = this.machine.after(state, byte);
      if (state === null) return false;
    }
    return state.accepts;
  }

  /**
   * The position before the first token.
   *
   * @param ends control tokens that end a text; they may come where the grammar may end
   */
  start(tokenizer: TokenBytes, ends: readonly number[] = []): ConstraintPosition {
    const vocabulary = vocabularies.get(tokenizer) ?? new Vocabulary(tokenizer);
    vocabularies.set(tokenizer, vocabulary);
    const masks = this.#masks.get(vocabulary) ?? new Masks(this.machine, vocabulary);
    this.#masks.set(vocabulary, masks);
    return new ConstraintPosition(
      { machine: this.machine, tokenizer, vocabulary, masks, ends },
      this.machine.start,
    );
  }
}
