/**
 * A text that a person and a model write together: the transcript, the session that holds it, and the
 * options.
 */
import { kvCacheBytes } from "../compute/memory/kv-shape.ts";
import { GptError } from "../errors.ts";
import type { GenerateOptions, TokenLogprob } from "../generate/options/options.ts";
import { type Sample, takeSample } from "../text/samples/sample.ts";
import type { Prompt, Session, TextModel } from "../text/text-model.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { idsAfter, idsWithin, textAfter } from "./joining.ts";
import { Talk } from "./talk.ts";
import { Transcript, type Turn } from "./transcript.ts";

/** The number of tokens that `likeliest` returns. */
const TOP = 10;

/** Gets an answer while it is written, and may stop it. */
export interface Listener {
  readonly signal: AbortSignal;
  onText(text: string): Promise<void>;
}

export class Conversation extends Talk implements AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly #session: Session;
  #transcript = new Transcript();
  /** Tokens of the text that is read for the answer under way. */
  #readLength = 1;

  /**
   * @param resolve checks the options of an answer, and throws for options that do not go together
   * @throws GptError `not-found` for a model without a tokenizer
   */
  constructor(
    model: TextModel,
    options: GenerateOptions,
    resolve?: (options: GenerateOptions) => GenerateOptions,
  ) {
    if (model.config.encoder !== undefined) {
      const problem = "this model reads one text and writes another, it holds no conversation";
      throw new GptError("usage", `${problem}: give it a text with gpt generate`);
    }
    super(model, options, resolve);
    this.tokenizer = model.tokenizer;
    this.#session = model.createSession();
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  get text(): string {
    return textAfter(this.tokenizer, [], this.#transcript.ids);
  }

  /** The text that the ids would add. */
  textOf(ids: readonly number[]): string {
    return textAfter(this.tokenizer, this.#transcript.ids, ids);
  }

  /**
   * The positions that the session holds, which are not run again, and the bytes of their keys and values.
   */
  get cache(): { readonly positions: number; readonly bytes: number } {
    const positions = this.#session.ids.length;
    return { positions, bytes: kvCacheBytes(this.model.kvShape, positions) };
  }

  /** The share of the text that the model has read before its first token, from 0 to 1. */
  get readShare(): number {
    return Math.min(1, this.#session.filled / Math.min(this.#readLength, this.model.contextSize));
  }

  /** How to make room in a full context. */
  get roomAdvice(): string {
    const { contextSize, config } = this.model;
    const larger = `gpt generate -c N has a larger one, up to ${config.nPositions.toLocaleString("en")}`;
    const advice = ["/back N or /clear makes room", "/set overflow shift drops the oldest"];
    return [...advice, ...(contextSize < config.nPositions ? [larger] : [])].join(", ");
  }

  /**
   * Appends a prompt and the model's continuation. A text may be empty; ids are taken as they are. If this
   * fails, nothing is appended.
   */
  say(prompt: Prompt, listener: Listener): Promise<Sample> {
    return this.#append(typeof prompt === "string" ? this.#idsOf(prompt) : prompt, listener);
  }

  /** Writes another answer for the last turn. If this fails, the old answer stays. */
  async regenerate(listener: Listener): Promise<Sample> {
    const turn = this.#transcript.undo();
    try {
      return await this.#append(turn.typed, listener);
    } catch (error) {
      this.#transcript.add(turn);
      throw error;
    }
  }

  /**
   * The likeliest next tokens by the model alone, likeliest first.
   *
   * @throws GptError `usage` if there is no text yet
   */
  async likeliest(signal: AbortSignal): Promise<readonly TokenLogprob[]> {
    const { ids } = this.#transcript;
    if (ids.length === 0) throw new GptError("usage", "there is no text yet: type its beginning");
    this.#checkRoom(ids);
    const { overflow = "error" } = this.options;
    const oneStep = { beams: 1, maxTokens: 1, temperature: 0, ignoreEos: true, logprobs: TOP };
    const options = { ...oneStep, overflow, signal };
    const request = { promptIds: ids, options, session: this.#session };
    const { logprobs: [next] = [] } = await takeSample(this.model, request);
    return next?.top ?? [];
  }

  /** Replaces the text by other turns. */
  restore(turns: readonly Turn[]): void {
    this.#session.truncate(0);
    this.#transcript = new Transcript(turns);
    this.forgetLast();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  #idsOf(text: string): readonly number[] {
    const { parseSpecial = false } = this.options;
    const { ids } = this.#transcript;
    if (ids.length === 0) return this.model.promptIds(text, { parseSpecial });
    return idsAfter(this.tokenizer, ids, text, { parseSpecial });
  }

  async #append(typed: readonly number[], listener: Listener): Promise<Sample> {
    const ids = [...this.#transcript.ids, ...typed];
    const sample = await this.#continue(ids, listener);
    const { tokenizer } = this;
    const answer =
      sample.finishReason === "stop" ? idsWithin(tokenizer, ids, sample.ids, sample.text) : sample.ids;
    this.#transcript.add({ typed, answer });
    return sample;
  }

  async #continue(promptIds: readonly number[], listener: Listener): Promise<Sample> {
    this.#checkRoom(promptIds);
    this.#readLength = promptIds.length;
    const options = { ...this.resolved, signal: listener.signal };
    const request = { promptIds, options, session: this.#session };
    return this.take(request, (text) => listener.onText(text));
  }

  #checkRoom({ length }: readonly number[]): void {
    const { contextSize } = this.model;
    const { overflow = "error" } = this.options;
    if (length <= contextSize || overflow !== "error") return;
    const [tokens, size] = [length, contextSize].map((count) => count.toLocaleString("en"));
    const problem = `the text has ${tokens} tokens with this, the context holds ${size}`;
    throw new GptError("resource", `${problem}: ${this.roomAdvice}`);
  }
}
