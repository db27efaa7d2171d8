/**
 * A family: how its models differ from others, and how both formats store that. One record serves reading and
 * writing. The decoder knows no family.
 */
import type { JsonObject } from "../files/json.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Classes } from "./classes-head.ts";
import type { Keys, ValuesOf } from "./keys.ts";
import type { StoredConfig } from "./stored-config.ts";
import type { NameTable } from "./stored-names.ts";

export interface Family<K extends Keys = Keys> {
  /** `model_type` of config.json. */
  readonly name: string;
  /** How its classes in transformers begin, such as `GPT2`. */
  readonly className: string;
  /** How the class of its language model ends. */
  readonly languageModel: "LMHeadModel" | "ForCausalLM" | "ForMaskedLM" | "ForConditionalGeneration";
  /** It has an encoder before the decoder. */
  readonly isEncoderDecoder?: true;
  /** Its files hold the encoder alone. */
  readonly storesEncoder?: true;
  /** Class of its tokenizer, for files that do not name it. Absent: it needs a tokenizer.json. */
  readonly tokenizerClass?: string;
  /** `general.architecture` of its GGUF files. Absent: GGUF has no architecture for it. */
  readonly architecture?: string;
  /**
   * Key of metadata that is above 0 in its files, and absent in those of another family with its
   * architecture.
   */
  readonly ggufMark?: string;
  /** Fields by which its config.json is known without `model_type` and `architectures`. */
  readonly signature?: readonly string[];
  /** Second names of fields in config.json: transformers' `attribute_map`. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly keys: K;
  /** Values of its class in transformers for fields that config.json does not have. */
  readonly defaults: Partial<ValuesOf<K>>;
  /** Fields of config.json with one value for the whole family. */
  readonly constants?: JsonObject;
  /** Ids of boundaries that the config class writes by default, even if the vocabulary is smaller. */
  readonly usualIds?: readonly number[];
  readonly tensors: {
    /** Prefix that names in Hugging Face files may have or lack, such as `transformer.`. */
    readonly prefix: string;
    readonly huggingFace: NameTable;
    readonly gguf: NameTable;
    /** Names of a classifier's head in Hugging Face files. Default `score`. */
    readonly classes?: NameTable;
    /** Rows of the table of positions in Hugging Face files before the first that is read. */
    skippedPositions?(stored: StoredConfig): number;
  };

  /** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
  decoder(values: ValuesOf<K>, stored: StoredConfig): DecoderConfig;

  /** The head of its classifiers. Default: the last token decides. */
  classes?(language: DecoderConfig, stored: StoredConfig): Classes;

  /** A property of the decoder that GGUF cannot express. */
  ggufLacks?(config: DecoderConfig): string | undefined;
}

/** Infers the types of a family's values from its keys. */
export const defineFamily = <K extends Keys>(family: Family<K>): Family => family;
