/** Pipelines in the syntax of tokenizer.json, for formats that only name them. */

import type { JsonObject, JsonValue } from "../../../files/json.ts";
import { patterns } from "../../pattern/patterns.ts";

/** How text becomes pieces, and tokens text again. */
export interface Pipeline extends JsonObject {
  readonly normalizer: JsonValue;
  readonly pre_tokenizer: JsonValue;
  readonly decoder: JsonValue;
}

/** GPT-1: OpenAIGPTTokenizerFast of Hugging Face's transformers. */
export const gpt1Pipeline: Pipeline = {
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  decoder: { type: "BPEDecoder", suffix: "</w>" },
};

export interface BertOptions {
  readonly lowercase: boolean;
  /** Null: as `lowercase`. */
  readonly stripAccents?: boolean | null;
  /** Put spaces around ideographs. */
  readonly splitIdeographs?: boolean;
}

/** BERT: BertTokenizerFast. */
export function bertPipeline({ lowercase, stripAccents, splitIdeographs }: BertOptions): Pipeline {
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: splitIdeographs ?? true,
      strip_accents: stripAccents ?? null,
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  };
}

/** GPT-2: GPT2TokenizerFast. */
export function gpt2Pipeline(addPrefixSpace: boolean): Pipeline {
  return {
    normalizer: null,
    pre_tokenizer: byteLevel(addPrefixSpace, true),
    decoder: byteLevel(addPrefixSpace, true),
  };
}

/** Qwen 2 and 3: Qwen2TokenizerFast. */
export const qwen2Pipeline: Pipeline = { ...byteLevelPipeline(["qwen2"]), normalizer: { type: "NFC" } };

/** Splits at each pattern, one after the other. BPE then works on bytes. */
export function byteLevelPipeline(names: readonly (keyof typeof patterns)[]): Pipeline {
  const splits = names.map((name) => ({
    type: "Split",
    pattern: { Regex: patterns[name] },
    behavior: "Isolated",
    invert: false,
  }));
  const bytes = byteLevel(false, false);
  return {
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [...splits, bytes] },
    decoder: bytes,
  };
}

/** All of its fields: Hugging Face's tokenizers reads no file that leaves one out. */
export function byteLevel(addPrefixSpace: boolean, useRegex: boolean): JsonObject {
  return { type: "ByteLevel", add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: useRegex };
}

/** SentencePiece as Llama 2 uses it. @param addPrefixSpace whether a text starts with a space of its own */
export function sentencePiecePipeline(addPrefixSpace: boolean): Pipeline {
  const mark = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const unmark = { type: "Replace", pattern: { String: "▁" }, content: " " };
  const prefix = { type: "Prepend", prepend: "▁" };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  return {
    normalizer: { type: "Sequence", normalizers: addPrefixSpace ? [prefix, mark] : [mark] },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [unmark, { type: "ByteFallback" }, { type: "Fuse" }, ...(addPrefixSpace ? [strip] : [])],
    },
  };
}
