/** The defaults of the tokenizer classes of Hugging Face's transformers, for files that leave them out. */

import { gpt1Pipeline, gpt2Pipeline, type Pipeline, qwen2Pipeline } from "./pipeline/pipelines.ts";
import type { TokenizerConfig } from "./tokenizer-config.ts";

export interface TokenizerClass {
  /** The pipeline for vocab.json and merges.txt; undefined for a class that has tokenizer.json only. */
  readonly pipeline?: Pipeline;
  /** A suffix of the last character of a word. */
  readonly endOfWord?: string;
  readonly unknown?: string;
  /** The token that begins a text, and the one that ends it. */
  readonly bos?: string;
  readonly eos?: string;
  /** Whether texts start with `bos`, whatever a post-processor says. */
  readonly addBos?: boolean;
}

/**
 * The class that a directory names or, if it names none, that of its model's family.
 * @returns undefined for a class that is not known
 */
export function tokenizerClass(
  config: TokenizerConfig,
  ofFamily: string | undefined,
): TokenizerClass | undefined {
  const { className, addPrefixSpace } = config;
  const generic = className === undefined || className === "PreTrainedTokenizer";
  switch (generic ? ofFamily : className) {
    case "OpenAIGPTTokenizer":
      return { pipeline: gpt1Pipeline, endOfWord: "</w>", unknown: "<unk>" };
    case "GPT2Tokenizer":
      return { pipeline: gpt2Pipeline(addPrefixSpace), bos: "<|endoftext|>", eos: "<|endoftext|>" };
    case "Qwen2Tokenizer":
      return { pipeline: qwen2Pipeline, eos: "<|endoftext|>" };
    case "LlamaTokenizer":
      return { bos: "<s>", eos: "</s>", addBos: true };
    default:
      return undefined;
  }
}
