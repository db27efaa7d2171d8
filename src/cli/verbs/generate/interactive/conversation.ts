/** A text that a person and a model write together: the transcript, the session that holds it, and the settings. */
import { kvCacheBytes } from "../../../../compute/memory/kv-cache.ts";
import { GptError } from "../../../../errors.ts";
import type { GenerateOptions, TokenLogprob } from "../../../../generate/options/options.ts";
import { randomSeed } from "../../../../generate/sampling/random.ts";
import type { LanguageModel, Session } from "../../../../library/language-model.ts";
import type { Tokenizer } from "../../../../tokenizer/tokenizer.ts";
import { thousands } from "../../../terminal/format.ts";
import { effectiveOptions } from "../effective-options.ts";
import { type Sample, takeSample } from "../sample.ts";
import { idsAfter, idsWithin, textAfter } from "./joining.ts";
import { Transcript, type Turn } from "./transcript.ts";

/** How many tokens `likeliest` tells. */
const TOP = 10;

/** What to do about a context that is full. */
export const MAKE_ROOM =
  "/back N or /clear makes room, /set overflow shift drops the oldest, gpt generate -c N has a larger one";

/** Gets an answer while it is written, and may stop it. */
export interface Listener {
  readonly signal: AbortSignal;
  onText(text: string): Promise<void>;
}

export class Conversation implements AsyncDisposable {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly #session: Session;
  #transcript = new Transcript();
  #options: GenerateOptions;
  /** Of the next answer. */
  #seed: number;
  #last: Sample | undefined;

  /**
   * @param options for every answer; the n-th has the seed `seed` + n - 1, modulo 2^32
   * @throws GptError `not-found` for a model without a tokenizer
   */
  constructor(model: LanguageModel, { seed = randomSeed(), ...options }: GenerateOptions) {
    this.model = model;
    this.tokenizer = model.tokenizer;
    this.#session = model.createSession();
    this.#options = options;
    this.#seed = seed;
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  /** With the seed of the next answer. */
  get options(): GenerateOptions & { readonly seed: number } {
    return { ...this.#options, seed: this.#seed };
  }

  /** Options for the answers from now on; without a seed the seeds go on as they were. */
  set options({ seed = this.#seed, ...options }: GenerateOptions) {
    this.#options = options;
    this.#seed = seed;
  }

  /** The answer written last, if there is one yet. */
  get last(): Sample | undefined {
    return this.#last;
  }

  get text(): string {
    return textAfter(this.tokenizer, [], this.#transcript.ids);
  }

  /** What the ids would add to the text. */
  textOf(ids: readonly number[]): string {
    return textAfter(this.tokenizer, this.#transcript.ids, ids);
  }

  /** What the session keeps so that it is not run again: positions and the bytes they take. */
  get cache(): { readonly positions: number; readonly bytes: number } {
    const positions = this.#session.ids.length;
    return { positions, bytes: kvCacheBytes(this.model.kvShape, positions) };
  }

  /** Appends a text, which may be empty, and what the model goes on with. */
  async say(text: string, listener: Listener): Promise<Sample> {
    const { parseSpecial = false } = this.#options;
    const { ids } = this.#transcript;
    const typed =
      ids.length === 0
        ? this.model.promptIds(text, { parseSpecial })
        : idsAfter(this.tokenizer, ids, text, { parseSpecial });
    return this.append(typed, listener);
  }

  /** Appends ids, and what the model goes on with. Where that fails, nothing is appended. */
  async append(typed: readonly number[], listener: Listener): Promise<Sample> {
    const ids = [...this.#transcript.ids, ...typed];
    const sample = await this.#continue(ids, listener);
    const { tokenizer } = this;
    const answer =
      sample.finishReason === "stop" ? idsWithin(tokenizer, ids, sample.ids, sample.text) : sample.ids;
    this.#transcript.add({ typed, answer });
    return sample;
  }

  /** Writes another answer for the last turn. Where that fails, the old one stays. */
  async regenerate(listener: Listener): Promise<Sample> {
    const turn = this.#transcript.undo();
    try {
      return await this.append(turn.typed, listener);
    } catch (error) {
      this.#transcript.add(turn);
      throw error;
    }
  }

  /**
   * The likeliest next tokens by the model alone, likeliest first.
   *
   * @throws GptError `usage` where there is no text yet
   */
  async likeliest(signal: AbortSignal): Promise<readonly TokenLogprob[]> {
    const { ids } = this.#transcript;
    if (ids.length === 0) throw new GptError("usage", "there is no text yet: type its beginning");
    this.#checkRoom(ids);
    const { overflow = "error" } = this.#options;
    const oneStep = { beams: 1, maxTokens: 1, temperature: 0, ignoreEos: true, logprobs: TOP };
    const options = { ...oneStep, overflow, signal };
    const request = { promptIds: ids, options, session: this.#session };
    const { logprobs: [next] = [] } = await takeSample(this.model, request);
    return next?.top ?? [];
  }

  /** Begins anew with other turns. */
  restore(turns: readonly Turn[]): void {
    this.#session.truncate(0);
    this.#transcript = new Transcript(turns);
    this.#last = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  async #continue(promptIds: readonly number[], listener: Listener): Promise<Sample> {
    this.#checkRoom(promptIds);
    const options = effectiveOptions({ typed: this.options, inherited: {} }, this.model);
    const request = {
      promptIds,
      options: { ...options, signal: listener.signal },
      session: this.#session,
    };
    const sample = await takeSample(this.model, request, (text) => listener.onText(text));
    this.#seed = (this.#seed + 1) >>> 0;
    this.#last = sample;
    return sample;
  }

  #checkRoom({ length }: readonly number[]): void {
    const { contextSize } = this.model;
    const { overflow = "error" } = this.#options;
    if (length <= contextSize || overflow !== "error") return;
    const counts = `the text has ${thousands(length)} tokens with this, the context holds ${thousands(contextSize)}`;
    throw new GptError("resource", `${counts}: ${MAKE_ROOM}`);
  }
}
