/** State of the stop texts and the bans after some tokens, whatever tokens spell the text. */
import type { Cursor } from "../../generate/cursor.ts";
import type { GenerateSettings } from "../../generate/options/settings.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { type PatternState, TextPatterns } from "./text-patterns.ts";

interface Rules {
  readonly tokenizer: Tokenizer;
  readonly ban: TextPatterns;
  readonly stop: TextPatterns;
  /** Whether there is nothing to find. */
  readonly areEmpty: boolean;
}

/** A stop text at the end of the generated text. */
export interface FoundStop {
  readonly text: string;
  /**
   * UTF-16 units from the start of the stop text to the end of the last token, as far as its characters are
   * whole.
   */
  readonly excess: number;
}

/** Everything that changes from token to token. */
interface State {
  readonly ban: PatternState;
  readonly stop: PatternState;
  /** Bytes that the last token added to the text. */
  readonly tokenBytes: number;
  readonly found: FoundStop | undefined;
}

export class TextCursor implements Cursor {
  readonly #rules: Rules;
  readonly #state: State;

  private constructor(rules: Rules, state: State) {
    this.#rules = rules;
    this.#state = state;
  }

  /**
   * The state before the first generated token. Stop texts and bans do not reach into the prompt, but for a
   * character that the prompt leaves unfinished.
   *
   * @param unfinished the bytes of that character so far
   */
  static start(
    tokenizer: Tokenizer,
    { ban, stop }: Pick<GenerateSettings, "ban" | "stop">,
    unfinished: Iterable<number> = [],
  ): TextCursor {
    const patterns = { ban: new TextPatterns(ban, tokenizer), stop: new TextPatterns(stop, tokenizer) };
    const rules = { tokenizer, ...patterns, areEmpty: patterns.ban.isEmpty && patterns.stop.isEmpty };
    let state: State = { ban: 0, stop: 0, tokenBytes: 0, found: undefined };
    for (const byte of unfinished) {
      const [ban, stop] = [rules.ban.nextByte(state.ban, byte), rules.stop.nextByte(state.stop, byte)];
      state = { ...state, ban, stop };
    }
    return new TextCursor(rules, state);
  }

  /**
   * The stop text that the last token completed: the one that is complete first, of equal ones the longest.
   */
  get found(): FoundStop | undefined {
    return this.#state.found;
  }

  get complete(): boolean {
    return this.#state.found !== undefined;
  }

  /** Bytes that the last token added to the text. */
  get tokenBytes(): number {
    return this.#state.tokenBytes;
  }

  /** Bytes at the end of the text that may be the beginning of a stop text. */
  get doubtfulBytes(): number {
    return this.#rules.stop.depth(this.#state.stop);
  }

  /**
   * Undefined for a token that completes a banned text, and for padding, which the tokenizer does not know.
   */
  after(id: number): TextCursor | undefined {
    const { tokenizer } = this.#rules;
    if (id >= tokenizer.vocabSize) return undefined;
    return tokenizer.isSpecial(id) ? this.#afterControlToken(id) : this.#afterBytes(tokenizer.bytes(id));
  }

  #afterControlToken(id: number): TextCursor | undefined {
    const rules = this.#rules;
    const ban = rules.ban.nextControlToken(this.#state.ban, id);
    if (rules.ban.matched(ban) !== undefined) return undefined;
    const stop = rules.stop.nextControlToken(this.#state.stop, id);
    const pattern = rules.stop.matched(stop);
    const found = pattern && { text: pattern.text, excess: pattern.length };
    return new TextCursor(rules, { ban, stop, tokenBytes: 0, found });
  }

  #afterBytes(bytes: Uint8Array): TextCursor | undefined {
    const rules = this.#rules;
    let { ban, stop } = this.#state;
    let found: FoundStop | undefined;
    const length = rules.areEmpty ? 0 : bytes.length;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      ban = rules.ban.nextByte(ban, byte);
      if (rules.ban.matched(ban) !== undefined) return undefined;
      if (found !== undefined) continue;
      stop = rules.stop.nextByte(stop, byte);
      const pattern = rules.stop.matched(stop);
      if (pattern !== undefined) {
        found = { text: pattern.text, excess: pattern.length + textUnits(bytes.subarray(i + 1)) };
      }
    }
    return new TextCursor(rules, { ban, stop, tokenBytes: bytes.length, found });
  }
}

/** UTF-16 units of the text that bytes spell, without a character that is unfinished at their end. */
const textUnits = (bytes: Uint8Array): number =>
  bytes.length === 0
    ? 0
    : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true }).length;
