/** A model with its tokenizer: text or token ids in, text out. The face of the library. */
import { GptError } from "./errors.ts";
import { refuseIdle } from "./generate/combinations.ts";
import type { GenerationConfig } from "./generate/generation-config.ts";
import type { GeneratedToken, GenerateOptions } from "./generate/options.ts";
import { type GenerateSettings, resolveSettings } from "./generate/settings.ts";
import type { DecoderConfig } from "./model/config.ts";
import type { ModelDescription } from "./model/families/family.ts";
import type { Model } from "./model/model.ts";
import type { Session as ModelSession } from "./model/session.ts";
import { type GenerationSummary, generateText } from "./text/generate-text.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";

/** One sequence of tokens under a model. */
export interface Session extends Omit<ModelSession, "fork"> {
  fork(): Session;
}

/** What computes: the loaded weights. */
export interface Engine extends Pick<Model, "config" | "contextSize" | "simd" | "threads" | "close"> {
  createSession(): Session;
}

export class LanguageModel {
  /** What the checkpoint advises: `generate` puts it under the options it is given. Only what is not the default. */
  readonly generationDefaults: GenerateOptions;
  /** Fields of the checkpoint's generation_config.json that would change what is generated and are not implemented. */
  readonly unsupportedGenerationConfig: readonly string[];
  readonly #engine: Engine;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #bosId: number | undefined;
  readonly #endOfTextIds: readonly number[];
  /** Sessions that a generation runs on. */
  readonly #generating = new WeakSet<Session>();
  #closing: Promise<void> | undefined;

  /**
   * @param description special tokens that the checkpoint names, beside the tokenizer's own
   * @param advice what the checkpoint says about generation
   */
  constructor(
    engine: Engine,
    tokenizer: Tokenizer | undefined,
    description: Pick<ModelDescription, "bosId" | "endOfTextIds">,
    advice: GenerationConfig = { defaults: {}, unsupported: [] },
  ) {
    this.#engine = engine;
    this.#tokenizer = tokenizer;
    this.#bosId = tokenizer?.bosId ?? description.bosId;
    this.#endOfTextIds = [...description.endOfTextIds, ...(tokenizer?.endOfTextIds ?? [])];
    this.generationDefaults = advice.defaults;
    this.unsupportedGenerationConfig = advice.unsupported;
  }

  get config(): DecoderConfig {
    return this.#engine.config;
  }

  /** Positions that a session can hold. */
  get contextSize(): number {
    return this.#engine.contextSize;
  }

  /** The build of the kernels that runs. */
  get simd(): Engine["simd"] {
    return this.#engine.simd;
  }

  get threads(): number {
    return this.#engine.threads;
  }

  /** Without a tokenizer a model takes and gives token ids; the text of a generated token is "". */
  get hasTokenizer(): boolean {
    return this.#tokenizer !== undefined;
  }

  /** @throws GptError `not-found` where the checkpoint has none */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer !== undefined) return this.#tokenizer;
    throw new GptError(
      "not-found",
      "this model came without tokenizer files: give and take token ids, not text",
    );
  }

  /** A new, empty sequence. Sessions share the weights. */
  createSession(): Session {
    if (this.#closing !== undefined) throw new GptError("usage", "the model is closed");
    return this.#engine.createSession();
  }

  /**
   * Continues a text. A token is yielded once its text is certain; the texts add up to what was generated. The
   * generator returns a summary; to leave it early is to stop.
   * @param prompt text, which gets a beginning-of-text token where the tokenizer asks for one; or token ids, which are
   *   taken as they are. Where it is empty, the token that begins a text is continued
   * @param session a session of this model, for one generation at a time. What it holds of the prompt already is not
   *   run again, what else it holds is forgotten; it stays open, and holds afterwards what was run. The text is the same
   *   as without. Default: a session for this generation alone
   * @throws GptError `usage` for an option out of range or of no effect beside the others, for text without a tokenizer,
   *   for an empty prompt where no token begins a text, and for another model's session; `invalid-file` for a tokenizer
   *   that is not the model's; while iterating, `resource` for a prompt longer than the context, and `usage` for a
   *   session that another generation runs on
   */
  generate(
    prompt: string | readonly number[],
    options: GenerateOptions = {},
    session?: Session,
  ): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
    const settings = resolveSettings(options, this.config.vocabSize, this.generationDefaults);
    refuseIdle(options, settings);
    if (settings.stop.length + settings.ban.length > 0 && !this.hasTokenizer) {
      throw new GptError("usage", "stop and ban are texts: this model came without tokenizer files");
    }
    if (session !== undefined && session.config !== this.config) {
      throw new GptError("usage", "the session is another model's: create it with this one");
    }
    return this.#run(this.promptIds(prompt, settings), settings, session);
  }

  /** Frees the memory and ends all sessions. Further calls wait for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#engine.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The ids that `generate` continues. @throws as `generate` */
  promptIds(
    prompt: string | readonly number[],
    options: Pick<GenerateOptions, "parseSpecial"> = {},
  ): readonly number[] {
    const ids = typeof prompt === "string" ? this.#encode(prompt, options) : [...prompt];
    if (ids.length > 0) return ids;
    const start = this.#bosId ?? this.#endOfTextIds[0];
    if (start !== undefined) return [start];
    throw new GptError("usage", "the prompt is empty, and this model names no token that begins a text");
  }

  #encode(prompt: string, { parseSpecial = false }: Pick<GenerateOptions, "parseSpecial">): number[] {
    const ids = this.tokenizer.encode(prompt, { parseSpecial });
    const { vocabSize } = this.config;
    const foreign = ids.find((id) => id >= vocabSize);
    if (foreign !== undefined) {
      const message = `the tokenizer gives token ${foreign}, the model has ${vocabSize} tokens: their files do not belong together`;
      throw new GptError("invalid-file", message);
    }
    const { addBos, bosId } = this.tokenizer;
    return addBos && bosId !== undefined && ids[0] !== bosId ? [bosId, ...ids] : ids;
  }

  async *#run(
    prompt: readonly number[],
    settings: GenerateSettings,
    given: Session | undefined,
  ): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
    const session = given ?? this.createSession();
    if (this.#generating.has(session)) {
      throw new GptError(
        "usage",
        "a generation runs on the session: let it end before the next, or take a fork",
      );
    }
    this.#generating.add(session);
    try {
      return yield* generateText(session, {
        prompt,
        settings,
        keepFirst: this.#tokenizer?.addBos === true && prompt[0] === this.#tokenizer.bosId,
        endOfTextIds: this.#endOfTextIds,
        tokenizer: this.#tokenizer,
      });
    } finally {
      this.#generating.delete(session);
      if (given === undefined) await session.close();
    }
  }
}
