/** A reward model with its tokenizer: text in, how much people would prefer it out. */
import { checkOptions, checkValue, signalRule, textRule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { endedTextIds, PromptIds } from "../text/completion-ids.ts";
import type { PipelineTokenizer } from "../tokenizer/index.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { inputOf } from "./reading.ts";
import type { Scorer } from "./scorer.ts";

export interface RewardOptions {
  /** What the text continues or answers. Without it the text is whole. */
  readonly prompt?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The ids of a text, or of a completion of a prompt. */
type ReadIds = (text: string, prompt: string | undefined) => readonly number[];

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
   * The reward of a text. Only differences of the rewards of one prompt mean something. Concurrent calls run
   * together.
   *
   * @throws GptError `usage` for anything but a text, `resource` for one that is longer than the context; the
   *   signal's reason once it is aborted
   */
  async score(text: string, options: RewardOptions = {}): Promise<number> {
    checkValue("text", text, textRule);
    const { prompt, signal } = checkOptions(options, { prompt: textRule, signal: signalRule });
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

/** As a reward model learns: the token that ends a text stands behind it. */
export const decoderIds =
  (tokenizer: Tokenizer): ReadIds =>
  (text, prompt) =>
    prompt === ""
      ? wholeIds(new PromptIds(tokenizer, "", "the text"), text)
      : endedTextIds(tokenizer, `${prompt ?? ""}${text}`);

const wholeIds = (ids: PromptIds, text: string): number[] => [...ids.prompt, ...ids.completion(text)];

/** An encoder reads prompt and completion as a pair. */
export const encoderIds =
  (tokenizer: PipelineTokenizer): ReadIds =>
  (text, prompt) =>
    (prompt === undefined ? inputOf(tokenizer, text, {}) : inputOf(tokenizer, prompt, { pair: text })).ids;
