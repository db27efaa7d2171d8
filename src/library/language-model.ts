/** A model with its tokenizer: text or token ids in, text out. The face of the library. */
import { checkOptions, checkValue, objectRule, promptRule } from "../checks/rules.ts";
import { type ErrorCode, GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import type { ForcedIds } from "../generate/generation.ts";
import { type GenerationConfig, NO_GENERATION_CONFIG } from "../generate/options/generation-config.ts";
import type { GeneratedToken, GenerateOptions } from "../generate/options/options.ts";
import {
  type OptionLayers,
  type ResolvedOptions,
  resolveOptions,
} from "../generate/options/resolve-options.ts";
import { type GenerateSettings, rules } from "../generate/options/settings.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { GenerationSummary } from "../text/generate-text.ts";
import type { Prompt, Session, TextModel } from "../text/text-model.ts";
import { transformText } from "../text/transform-text.ts";
import { type DecoderStart, decoderStart, type PromptOptions, promptIds } from "../text/translation.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { checkTexts } from "./check-texts.ts";
import type { Engine } from "./engine.ts";
import { rejecting } from "./rejecting.ts";
import { sameVocabulary } from "./same-vocabulary.ts";

export class LanguageModel implements TextModel {
  /**
   * Options that the checkpoint sets to other values than our defaults. They hold for options that a call of
   * `generate` does not give. Beam search and temperature 0 give way to options of the call that would be
   * ignored beside them.
   */
  readonly generationDefaults: GenerateOptions;
  /** Fields of the checkpoint's generation_config.json that would change the text and are not implemented. */
  readonly unsupportedGenerationConfig: readonly string[];
  /**
   * Generation defaults out of range, each with its error: `generate` throws it unless the option is given.
   */
  readonly unusableDefaults: GenerationConfig["unusable"];
  /**
   * The tokens that end a text by generation_config.json, if the model's other files name other ones; else
   * none.
   */
  readonly advisedEndOfTextIds: readonly number[];
  /** Shape of the keys and values that a session keeps. */
  readonly kvShape: Engine["kvShape"];
  /** The memories that hold it, with their layers. A model of up to 4 GiB has one. */
  readonly banks: Engine["banks"];
  /** The build of the kernels in use. */
  readonly simd: Engine["simd"];
  /** `model_type` of the whole, if this is the text part of a model that also sees or hears. */
  readonly textPartOf: string | undefined;
  readonly #path: string | undefined;
  readonly #engine: Engine;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #bosId: number | undefined;
  readonly #endOfTextIds: readonly number[];
  readonly #forced: ForcedIds | undefined;
  /** Sessions with a generation under way. */
  readonly #generating = new WeakSet<Session>();
  /** Draft models that were found to have the same vocabulary. */
  readonly #drafts = new WeakSet<object>();
  #closing: Promise<void> | undefined;

  /**
   * @param description special tokens that the checkpoint names, beside the tokenizer's own
   * @param generationConfig of the checkpoint
   * @param path of the checkpoint; errors about its files begin with it
   */
  constructor(
    engine: Engine,
    tokenizer: Tokenizer | undefined,
    description: Pick<ModelDescription, "bosId" | "endOfTextIds" | "textPartOf">,
    generationConfig: GenerationConfig = NO_GENERATION_CONFIG,
    path?: string,
  ) {
    this.#path = path;
    this.textPartOf = description.textPartOf;
    this.#engine = engine;
    this.kvShape = engine.kvShape;
    this.banks = engine.banks;
    this.simd = engine.simd;
    this.#tokenizer = tokenizer;
    this.#bosId = tokenizer?.bosId ?? description.bosId;
    this.#endOfTextIds = [...description.endOfTextIds, ...(tokenizer?.endOfTextIds ?? [])];
    this.#forced = generationConfig.forced;
    this.generationDefaults = generationConfig.defaults;
    this.unsupportedGenerationConfig = generationConfig.unsupported;
    this.unusableDefaults = generationConfig.unusable;
    this.advisedEndOfTextIds = generationConfig.endOfTextIds;
  }

  get config(): DecoderConfig {
    return this.#engine.config;
  }

  /** Positions of a session. */
  get contextSize(): number {
    return this.#engine.contextSize;
  }

  get threads(): number {
    return this.#engine.threads;
  }

  /** Without a tokenizer a model takes and gives token ids; the text of a generated token is "". */
  get hasTokenizer(): boolean {
    return this.#tokenizer !== undefined;
  }

  /** @throws GptError `not-found` if the checkpoint has none */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer !== undefined) return this.#tokenizer;
    throw this.#fault(
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
   * Continues a text. A token is yielded once its text is certain; the texts add up to the generated text.
   * The generator returns a summary. The caller may leave it early, which stops the generation.
   * @param prompt text, which gets a beginning-of-text token if the tokenizer asks for one; or token ids,
   *   which are taken as they are. An empty prompt stands for the token that begins a text
   * @param session a session of this model, for one generation at a time. Ids of the prompt that it holds are
   *   not run again, and it forgets its other ids. It stays open, and holds the ids that were run. The text
   *   is the same as without it. Default: a session for this generation alone
   * @throws GptError `usage` for an option out of range or of no effect beside the others, for a draft of
   *   another vocabulary, for text without a tokenizer, for an empty prompt if no token begins a text, and
   *   for another model's session; `invalid-file` for a tokenizer that is not the model's. While iterating:
   *   the signal's reason once it is aborted, after the tokens so far; GptError `resource` for a prompt
   *   longer than the context, and `usage` for a session on which another generation runs
   */
  generate(
    prompt: Prompt,
    options: GenerateOptions = {},
    session?: Session,
  ): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
    return rejecting(this.generateInterruptibly(prompt, options, session), options.signal);
  }

  /**
   * The same, but an aborted signal is one of the ways to end: the summary says "interrupted".
   * @throws as `generate` otherwise
   */
  generateInterruptibly(
    prompt: Prompt,
    options: GenerateOptions = {},
    session?: Session,
  ): AsyncGenerator<GeneratedToken, GenerationSummary, void> {
    const { settings } = this.resolveOptions({ typed: checkOptions(options, rules) });
    checkTexts(settings, this.hasTokenizer);
    if (session !== undefined && session?.config !== this.config) {
      throw new GptError("usage", "the session is another model's: create it with this one");
    }
    if (settings.draft !== undefined) this.#checkDraft(settings.draft);
    const start = decoderStart(this.#tokenizer, settings, this.config.encoder?.startId, this.#forced);
    return this.#run(this.promptIds(prompt, settings), settings, start, session);
  }

  /**
   * The settings that `generate` would run with, where each is from, and which options give way to others.
   * @param layers options above the model's generation defaults, each inside its range
   * @throws GptError as `generate`
   */
  resolveOptions(layers: Omit<OptionLayers, "checkpoint">): ResolvedOptions {
    const target = { vocabSize: this.config.vocabSize, unusable: this.unusableDefaults };
    return resolveOptions({ ...layers, checkpoint: this.generationDefaults }, target);
  }

  /** Its guesses are ids, which must mean the same tokens here. */
  #checkDraft(draft: object): void {
    if (this.#drafts.has(draft)) return;
    if (!(draft instanceof LanguageModel) || !sameVocabulary(this, draft)) {
      throw new GptError("usage", "the draft model has another vocabulary: it needs the same tokens and ids");
    }
    this.#drafts.add(draft);
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
  promptIds(prompt: Prompt, options: PromptOptions = {}): readonly number[] {
    checkValue("prompt", prompt, promptRule);
    checkValue("options", options, objectRule);
    const ids = typeof prompt === "string" ? this.#encode(prompt, options) : [...prompt];
    if (ids.length > 0) return ids;
    const start = this.#bosId ?? this.#endOfTextIds[0];
    if (start !== undefined) return [start];
    throw new GptError("usage", "the prompt is empty, and this model names no token that begins a text");
  }

  #encode(prompt: string, options: PromptOptions): number[] {
    const { vocabSize } = this.config;
    const ids = promptIds(this.tokenizer, prompt, options, this.config.encoder);
    const foreign = ids.find((id) => id >= vocabSize);
    if (foreign === undefined) return ids;
    const sizes = `the tokenizer gives token ${foreign}, the model has ${vocabSize} tokens`;
    throw this.#fault("invalid-file", `${sizes}: their files do not belong together`);
  }

  async *#run(
    prompt: readonly number[],
    settings: GenerateSettings,
    start: DecoderStart,
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
      return yield* transformText(session, {
        prompt,
        settings,
        keepFirst: this.#tokenizer?.addBos === true && prompt[0] === this.#tokenizer.bosId,
        endOfTextIds: this.#endOfTextIds,
        tokenizer: this.#tokenizer,
        ...start,
      });
    } catch (error) {
      // Damaged numbers in the files show when they are used.
      const isFault = error instanceof GptError && error.code === "invalid-file";
      throw isFault ? this.#fault(error.code, error.message) : error;
    } finally {
      this.#generating.delete(session);
      if (given === undefined) await session.close();
    }
  }

  #fault(code: ErrorCode, problem: string): GptError {
    return new GptError(code, this.#path === undefined ? problem : `${this.#path}: ${problem}`);
  }
}
