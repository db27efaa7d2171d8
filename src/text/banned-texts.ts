/** Texts that must not appear: tells which ids would complete one, whatever tokens it is spelled with. */
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type MatcherState, PatternMatcher } from "./pattern-matcher.ts";

/**
 * Compares bytes, so that half a character counts: UTF-8 has no text whose bytes occur in another one by chance.
 * Control tokens are no text and pass.
 */
export class BannedTexts {
  readonly #tokenizer: Tokenizer;
  readonly #matcher: PatternMatcher;
  #state: MatcherState = 0;

  constructor(tokenizer: Tokenizer, texts: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#matcher = new PatternMatcher(texts.map((text) => new TextEncoder().encode(text)));
  }

  /** Whether the text generated so far could go on with this id. */
  accepts(id: number): boolean {
    return this.#after(id) !== undefined;
  }

  /** Goes on with an id that is accepted. */
  push(id: number): void {
    this.#state = this.#after(id) ?? this.#state;
  }

  /** The state after this id; undefined where it completes a banned text. */
  #after(id: number): MatcherState | undefined {
    if (this.#tokenizer.isSpecial(id)) return this.#state;
    let state = this.#state;
    for (const byte of this.#tokenizer.bytes(id)) {
      state = this.#matcher.next(state, byte);
      if (this.#matcher.matched(state) > 0) return undefined;
    }
    return state;
  }
}
