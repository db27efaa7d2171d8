/** Where a text stands between the texts that must not appear and those that end it, whatever tokens it is spelled with. */
import type { Cursor } from "../generate/beams/beam-search.ts";
import type { GenerateSettings } from "../generate/options/settings.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { type MatcherState, PatternMatcher } from "./pattern-matcher.ts";

interface Rules {
  readonly tokenizer: Tokenizer;
  readonly ban: PatternMatcher;
  readonly stop: PatternMatcher;
}

/**
 * Compares bytes, so that half a character counts: UTF-8 has no text whose bytes occur in another one by chance.
 * Control tokens are no text and pass.
 */
export class TextCursor implements Cursor {
  /** Whether the last id completed a text that ends it. */
  readonly complete: boolean;
  readonly #rules: Rules;
  readonly #ban: MatcherState;
  readonly #stop: MatcherState;

  private constructor(rules: Rules, ban: MatcherState, stop: MatcherState, complete: boolean) {
    this.#rules = rules;
    this.#ban = ban;
    this.#stop = stop;
    this.complete = complete;
  }

  /** Before the first id of a text in which what is banned, or stops, begins. */
  static start(tokenizer: Tokenizer, { ban, stop }: Pick<GenerateSettings, "ban" | "stop">): TextCursor {
    return new TextCursor({ tokenizer, ban: matcherOf(ban), stop: matcherOf(stop) }, 0, 0, false);
  }

  /** After one more id; undefined where it completes a banned text, and for padding, which the tokenizer does not know. */
  after(id: number): TextCursor | undefined {
    const rules = this.#rules;
    if (id >= rules.tokenizer.vocabSize) return undefined;
    if (rules.tokenizer.isSpecial(id)) return this;
    let ban = this.#ban;
    let stop = this.#stop;
    let complete = false;
    for (const byte of rules.tokenizer.bytes(id)) {
      ban = rules.ban.next(ban, byte);
      if (rules.ban.matched(ban) > 0) return undefined;
      stop = rules.stop.next(stop, byte);
      complete ||= rules.stop.matched(stop) > 0;
    }
    return new TextCursor(rules, ban, stop, complete);
  }
}

const matcherOf = (texts: readonly string[]): PatternMatcher =>
  new PatternMatcher(texts.map((text) => new TextEncoder().encode(text)));
