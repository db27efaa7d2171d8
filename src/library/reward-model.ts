/** A reward model with its tokenizer: text in, how much people would prefer it out. */

import { checkOptions, checkValue, type Rule, signalRule, textRule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import type { Written } from "../files/written.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Scorer } from "./scorer.ts";

export interface RewardOptions {
  /** What the text continues or answers. Without it the text is whole. */
  readonly prompt?: Written | undefined;
  readonly signal?: AbortSignal | undefined;
}

const writtenRule: Rule = {
  expected: "a text or a list of messages",
  holds: (value) => textRule.holds(value) || Array.isArray(value),
};

/** The ids of a text, or of a completion of a prompt. */
export type ReadIds = (text: Written, prompt: Written | undefined) => readonly number[];

export class RewardModel {
  readonly tokenizer: Tokenizer;
  readonly #scorer: Scorer;
  readonly #read: ReadIds;

  /** @param scorer of a model with a head of one output */
  constructor(scorer: Scorer, tokenizer: Tokenizer, read: ReadIds) {
    this.tokenizer = tokenizer;
    this.#scorer = scorer;
    this.#read = read;
  }

  /** The longest text in tokens, with its prompt. */
  get contextSize(): number {
    return this.#scorer.contextSize;
  }

  /**
   * The reward of a text, or of the messages that answer others. Only differences of the rewards of one prompt mean something. Concurrent calls run
   * together.
   *
   * @throws GptError `usage` for anything but a text, `resource` for one that is longer than the context; the
   *   signal's reason once it is aborted
   */
  async score(text: Written, options: RewardOptions = {}): Promise<number> {
    checkValue("text", text, writtenRule);
    const { prompt, signal } = checkOptions(options, { prompt: writtenRule, signal: signalRule });
    const ids = this.#read(text, prompt);
    if (ids.length > this.contextSize) {
      const sizes = `the text has ${ids.length} tokens, the reward model reads at most ${this.contextSize}`;
      throw new GptError("resource", `${sizes}: shorten it`);
    }
    const [reward] = await this.#scorer.scores({ ids, truncated: false }, signal);
    if (reward !== undefined && Number.isFinite(reward)) return reward;
    throw new GptError("invalid-file", `the reward is ${reward}: the model's weights are damaged`);
  }

  /** Frees the memory, once earlier calls have ended. */
  close(): Promise<void> {
    return this.#scorer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
