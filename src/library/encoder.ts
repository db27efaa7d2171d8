/** A model that reads texts: it embeds them, fills masks in them, and gives their hidden states. */
import { checkOptions, checkValue, type Rule, signalRule, textRule, wholeFrom } from "../checks/rules.ts";
import type { Reader } from "../engine/reader.ts";
import { GptError } from "../errors.ts";
import type { EmbeddingModules } from "../families/embedding/modules.ts";
import { quote } from "../files/quote.ts";
import { exp } from "../generate/sampling/exp.ts";
import { topLogprobs } from "../generate/sampling/logprobs.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { PipelineTokenizer } from "../tokenizer/index.ts";
import type { DenseLayers } from "./embedding/dense.ts";
import { normalized, pool } from "./embedding/pooling.ts";
import { maskTokenOf } from "./mask-token.ts";
import { inputOf, type Reading } from "./reading.ts";

export interface EmbedOptions {
  /**
   * Name of a text that the model puts before its input, such as `query`. Default: the model's, mostly none.
   */
  readonly promptName?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Embedding {
  readonly embedding: Float32Array;
  /** Tokens that were read, special tokens included. */
  readonly tokens: number;
  /** Whether the text is longer than the model reads. Its end was left out. */
  readonly truncated: boolean;
}

export interface FillMaskOptions {
  /** Candidates of each mask. Default 5. */
  readonly top?: number | undefined;
  /** The second text of a pair. */
  readonly pair?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Candidate {
  readonly id: number;
  /** As the vocabulary spells it: `Ġking`, `##ing`. */
  readonly token: string;
  readonly probability: number;
}

export interface FilledMask {
  /** Number of the token, special tokens included. */
  readonly position: number;
  /** The likeliest tokens, likeliest first. Masks do not depend on each other. */
  readonly candidates: readonly Candidate[];
}

export interface HiddenOptions {
  /** The second text of a pair. */
  readonly pair?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HiddenStates {
  readonly ids: readonly number[];
  /** The text of a pair that each token belongs to. */
  readonly typeIds: readonly number[];
  readonly width: number;
  /** The last hidden states, row-major [tokens, width]. */
  readonly states: Float32Array;
}

const pairRules = { pair: textRule, signal: signalRule };
const fillMaskRules: Readonly<Record<keyof FillMaskOptions, Rule>> = { ...pairRules, top: wholeFrom(1) };
const embedRules: Readonly<Record<keyof EmbedOptions, Rule>> = { promptName: textRule, signal: signalRule };

const textsRule: Rule = {
  expected: "a list of texts",
  holds: (value) => Array.isArray(value) && value.every((text) => typeof text === "string"),
};

/** What reads texts: a reader with weights of its own, or a language model that is loaded already. */
export type TextReader = Pick<Reader, "config" | "contextSize" | "hidden" | "logits" | "close">;

export class Encoder {
  readonly tokenizer: PipelineTokenizer;
  readonly #path: string;
  readonly #reader: TextReader;
  readonly #modules: EmbeddingModules;
  readonly #dense: DenseLayers;

  constructor(
    path: string,
    reader: TextReader,
    tokenizer: PipelineTokenizer,
    modules: EmbeddingModules,
    dense: DenseLayers,
  ) {
    this.#path = path;
    this.#reader = reader;
    this.tokenizer = tokenizer;
    this.#modules = modules;
    this.#dense = dense;
  }

  get config(): DecoderConfig {
    return this.#reader.config;
  }

  /** Tokens of a text that `embed` reads, at most, special tokens included. */
  get maxTokens(): number {
    const { truncation, model } = this.tokenizer.description.limits;
    const limit = this.#modules.maxTokens ?? truncation ?? model ?? Number.POSITIVE_INFINITY;
    return Math.min(limit, this.#reader.contextSize);
  }

  /** Names of the prompts for `embed`. */
  get promptNames(): readonly string[] {
    return [...this.#modules.prompts.keys()];
  }

  /** The text of the mask, such as `[MASK]`; undefined for a model that fills none. */
  get maskToken(): string | undefined {
    const fills = this.config.head.kind === "tokens";
    return fills ? maskTokenOf(this.tokenizer) : undefined;
  }

  /** Tokens of a text for `embed`, special tokens included, however many the model reads. */
  tokenCount(text: string): number {
    return this.#input(this.#prepared(this.#prompt() + text), undefined).ids.length;
  }

  /**
   * A vector for each text, by the files of sentence-transformers beside the model: pooling, dense layers,
   * normalization. Without them the mean of the hidden states of an encoder, or the last one of a decoder.
   *
   * @throws GptError `usage` for an unknown prompt; the signal's reason once it is aborted
   */
  async embed(texts: readonly string[], options: EmbedOptions = {}): Promise<Embedding[]> {
    checkValue("texts", texts, textsRule);
    const { promptName, signal } = checkOptions(options, embedRules);
    const prompt = this.#prompt(promptName);
    const inputs = texts.map((text) => this.#input(this.#prepared(prompt + text), this.maxTokens));
    const width = this.config.nEmbd;
    const states = await this.#reader.hidden(inputs, signal);
    const pooled = states.map((values) => pool(this.#modules.poolings, { values, width }));
    const vectors = await this.#dense.apply(pooled);
    return vectors.map((vector, i) => ({
      embedding: this.#modules.normalize ? normalized(vector) : vector,
      tokens: inputs[i]?.ids.length ?? 0,
      truncated: inputs[i]?.truncated ?? false,
    }));
  }

  /**
   * The likeliest tokens for each mask in a text.
   *
   * @throws GptError `usage` for a text without a mask, and for a model that fills none; `resource` for a
   *   text that is too long; the signal's reason once it is aborted
   */
  async fillMask(text: string, options: FillMaskOptions = {}): Promise<FilledMask[]> {
    checkValue("text", text, textRule);
    const { top = 5, pair, signal } = checkOptions(options, fillMaskRules);
    const mask = this.maskToken;
    if (mask === undefined) {
      throw new GptError("usage", `${this.#path}: holds no head that fills masks (...ForMaskedLM)`);
    }
    const input = this.#input(text, undefined, pair);
    const maskId = this.tokenizer.controlTokenId(mask);
    const positions = input.ids.flatMap((id, position) => (id === maskId ? [position] : []));
    if (positions.length === 0) throw new GptError("usage", `the text holds no ${mask} to fill`);
    const [logits = new Float32Array()] = await this.#reader.logits([input], [positions], signal);
    const width = logits.length / positions.length;
    return positions.map((position, i) => ({
      position,
      candidates: topLogprobs(logits.subarray(i * width, (i + 1) * width), top).map(({ id, logprob }) => ({
        id,
        token: this.#spelling(id),
        probability: exp(logprob),
      })),
    }));
  }

  /**
   * The last hidden states of a text.
   *
   * @throws GptError `resource` for a text that is too long; the signal's reason once it is aborted
   */
  async hidden(text: string, options: HiddenOptions = {}): Promise<HiddenStates> {
    checkValue("text", text, textRule);
    const { pair, signal } = checkOptions(options, pairRules);
    const { ids, typeIds } = this.#input(text, undefined, pair);
    const [states = new Float32Array()] = await this.#reader.hidden([{ ids, typeIds }], signal);
    return { ids, typeIds, width: this.config.nEmbd, states };
  }

  /** Frees the memory, once earlier calls have ended. */
  async close(): Promise<void> {
    await this.#reader.close();
    this.#dense.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #input(text: string, maxTokens: number | undefined, pair?: string): Reading {
    return inputOf(this.tokenizer, text, { pair, maxTokens });
  }

  #prompt(name = this.#modules.defaultPrompt): string {
    if (name === undefined) return "";
    const prompt = this.#modules.prompts.get(name);
    if (prompt !== undefined) return prompt;
    const known =
      this.promptNames.length > 0 ? `its prompts are ${this.promptNames.join(", ")}` : "it has none";
    throw new GptError("usage", `the model has no prompt ${quote(name)}: ${known}`);
  }

  #prepared(text: string): string {
    const { trims, lowerCases } = this.#modules;
    const trimmed = trims ? text.trim() : text;
    return lowerCases ? trimmed.toLowerCase() : trimmed;
  }

  /** Rows of the head beyond the vocabulary have no text. */
  #spelling(id: number): string {
    return id < this.tokenizer.vocabSize ? this.tokenizer.spelling(id) : "";
  }
}
