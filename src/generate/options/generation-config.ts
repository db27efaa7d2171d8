/**
 * Generation defaults of a checkpoint: generation_config.json of a Hugging Face directory (transformers'
 * GenerationConfig), or `general.sampling.*` of a GGUF file (llama.cpp's keys).
 */
import type { Checkpoint, GgufCheckpoint, HuggingFaceCheckpoint } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import { Fields } from "../../families/fields.ts";
import { isJsonObject } from "../../files/json.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { ForcedIds } from "../generation.ts";
import { bannedIds, forcedIds, otherEnds } from "./generation-ids.ts";
import type { GenerateOptions } from "./options.ts";
import { defaults, rules } from "./settings.ts";

export interface GenerationConfig {
  /** Options that the checkpoint sets to other values than our defaults. */
  readonly defaults: GenerateOptions;
  /** Fields, as the file names them, that would change what is generated and are not implemented. */
  readonly unsupported: readonly string[];
  /** Options with values out of range, each with its error. A caller who sets the option does without. */
  readonly unusable: ReadonlyMap<Option, GptError>;
  /** Tokens that end a text, if generation_config.json names others than the other files; else empty. */
  readonly endOfTextIds: readonly number[];
  /** Undefined if the checkpoint forces no id. */
  readonly forced: ForcedIds | undefined;
}

type Option = keyof GenerateOptions;

type GeneratingModel = Pick<DecoderConfig, "vocabSize" | "nPositions" | "encoder">;

/** The generation config of a checkpoint without one. */
export const NO_GENERATION_CONFIG: GenerationConfig = {
  defaults: {},
  unsupported: [],
  unusable: new Map(),
  endOfTextIds: [],
  forced: undefined,
};

/**
 * Fields of a format: those that set an option, and those that are not implemented, with their harmless
 * values.
 */
interface Vocabulary {
  readonly options: Readonly<Record<string, Option>>;
  readonly unsupported: Readonly<Record<string, readonly unknown[]>>;
}

const HUGGING_FACE: Vocabulary = {
  options: {
    temperature: "temperature",
    top_k: "topK",
    top_p: "topP",
    min_p: "minP",
    typical_p: "typicalP",
    repetition_penalty: "repeatPenalty",
    no_repeat_ngram_size: "noRepeatNgramSize",
    max_new_tokens: "maxTokens",
    min_new_tokens: "minTokens",
    max_time: "maxTime",
    num_beams: "beams",
    length_penalty: "lengthPenalty",
    early_stopping: "earlyStopping",
    prompt_lookup_num_tokens: "lookup",
  },
  unsupported: {
    num_return_sequences: [1],
    num_beam_groups: [1],
    diversity_penalty: [0],
    penalty_alpha: [0],
    dola_layers: [],
    top_h: [],
    epsilon_cutoff: [0],
    eta_cutoff: [0],
    guidance_scale: [1],
    encoder_repetition_penalty: [1],
    encoder_no_repeat_ngram_size: [0],
    exponential_decay_length_penalty: [],
    begin_suppress_tokens: [],
    sequence_bias: [],
    constraints: [],
    force_words_ids: [],
    forced_decoder_ids: [],
    renormalize_logits: [false],
    token_healing: [false],
    watermarking_config: [],
  },
};

const GGUF: Vocabulary = {
  options: {
    temp: "temperature",
    top_k: "topK",
    top_p: "topP",
    min_p: "minP",
    penalty_repeat: "repeatPenalty",
    penalty_last_n: "repeatLastN",
  },
  unsupported: { sequence: [], xtc_probability: [0], mirostat: [0] },
};

/**
 * Reads the generation defaults of a checkpoint.
 * @param tokenizer the model's; stop texts need one
 * @throws GptError `invalid-file` naming file and field for token ids that are none
 */
export function generationConfig(
  checkpoint: Checkpoint,
  config: GeneratingModel,
  tokenizer: Pick<Tokenizer, "endOfTextIds"> | undefined,
): GenerationConfig {
  const read =
    checkpoint.format === "gguf" ? ofMetadata(checkpoint) : ofDirectory(checkpoint, config, tokenizer);
  return { ...read, defaults: withoutDefaults(read.defaults) };
}

function ofMetadata(checkpoint: GgufCheckpoint): GenerationConfig {
  const prefix = "general.sampling.";
  const fields = Fields.ofMetadata(checkpoint, prefix);
  const unsupported = unsupportedOf(fields, GGUF).map((name) => prefix + name);
  const { options, unusable } = optionsOf(fields, GGUF);
  return { defaults: options, unsupported, unusable, endOfTextIds: [], forced: undefined };
}

function ofDirectory(
  checkpoint: HuggingFaceCheckpoint,
  { vocabSize, nPositions, encoder }: GeneratingModel,
  tokenizer: Pick<Tokenizer, "endOfTextIds"> | undefined,
): GenerationConfig {
  const fields = Fields.ofGenerationConfig(checkpoint);
  const unsupported = unsupportedOf(fields, HUGGING_FACE);
  const read = optionsOf(fields, HUGGING_FACE);
  const { beams = 1, ...options } = read.options;
  const unusable = new Map(read.unusable);
  const attempt = <T>(option: Option, absent: T, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      if (!unusable.has(option)) unusable.set(option, error);
      return absent;
    }
  };
  const sampling = attempt("temperature", undefined, () =>
    fields.has("do_sample") ? fields.flag("do_sample", false) : undefined,
  );
  // Beam search that samples is not implemented.
  if (sampling && beams > 1) unsupported.push("num_beams");
  // The length of prompt and text together. The model's own length, or more, changes nothing.
  const maxLength = attempt("maxTokens", undefined, () => fields.checked("max_length", rules.maxTokens));
  if (typeof maxLength === "number" && maxLength < nPositions && options.maxTokens === undefined) {
    unsupported.push("max_length");
  }
  // The least length of prompt and text together. The prompt of a decoder with an encoder is its start token.
  const minLength = attempt("minTokens", undefined, () => fields.checked("min_length", rules.minTokens));
  const least = typeof minLength === "number" && encoder ? minLength - 1 : 0;
  if (typeof minLength === "number" && minLength > 0 && !encoder) unsupported.push("min_length");
  const none = { banned: [], phrases: false };
  const { banned, phrases } = attempt("logitBias", none, () => bannedIds(fields, vocabSize));
  if (phrases) unsupported.push("bad_words_ids");
  const stop = attempt<readonly string[]>("stop", [], () => stopTexts(fields));
  if (stop.length > 0 && tokenizer === undefined) unsupported.push("stop_strings");
  return {
    defaults: {
      ...options,
      ...(least > (options.minTokens ?? 0) && { minTokens: least }),
      ...(sampling === false && { temperature: 0 }),
      ...(!sampling && { beams }),
      // In transformers the penalty looks at the whole text.
      ...((options.repeatPenalty ?? 1) !== 1 && { repeatLastN: -1 }),
      ...(banned.length > 0 && { logitBias: new Map(banned.map((id) => [id, -Infinity])) }),
      ...(stop.length > 0 && tokenizer && { stop }),
    },
    unsupported,
    unusable,
    endOfTextIds: otherEnds(checkpoint, vocabSize, tokenizer?.endOfTextIds ?? []),
    forced: forcedIds(checkpoint, vocabSize),
  };
}

/** Every value is checked by the rule of its option. */
function optionsOf(fields: Fields, vocabulary: Vocabulary) {
  const options: Partial<Record<Option, unknown>> = {};
  const unusable = new Map<Option, GptError>();
  for (const [field, option] of Object.entries(vocabulary.options)) {
    const value = optionValue(fields, field, option);
    const { expected, holds } = rules[option];
    if (value === undefined) continue;
    if (holds(value)) options[option] = typeof value === "number" ? shortest(value) : value;
    else unusable.set(option, fields.wrong(field, `expected ${expected}`));
  }
  return { options: options as GenerateOptions, unusable };
}

/** Programs other than transformers keep all tokens for a top-k of -1. */
const optionValue = (fields: Fields, field: string, option: Option): unknown =>
  option === "topK" && fields.is(field, -1) ? 0 : fields.value(field);

/** 0.95 for 0.949999988079071: the shortest decimal of a 32-bit float, as which GGUF files store decimals. */
function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  const digits = [6, 7, 8].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return digits === undefined ? value : Number(value.toPrecision(digits));
}

/** Fields whose values would change the generation. */
function unsupportedOf(fields: Fields, { unsupported }: Vocabulary): string[] {
  return Object.entries(unsupported).flatMap(([name, harmless]) => {
    const value = fields.value(name);
    const acts = value !== undefined && !isEmpty(value) && !harmless.includes(value);
    return acts ? [name] : [];
  });
}

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;

function stopTexts(fields: Fields): readonly string[] {
  const texts = fields.list("stop_strings");
  if (rules.stop.holds(texts)) return texts as string[];
  throw fields.wrong("stop_strings", `expected a text or ${rules.stop.expected}`);
}

function withoutDefaults(options: GenerateOptions): GenerateOptions {
  const ours: GenerateOptions = defaults;
  const changed = Object.entries(options).filter(([name, value]) => value !== ours[name as Option]);
  return Object.fromEntries(changed);
}
