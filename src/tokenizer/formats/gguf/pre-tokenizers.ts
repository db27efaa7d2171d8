/**
 * The values of `tokenizer.ggml.pre`: llama.cpp's names for the ways in which byte-level models split text.
 */

import type { PatternName } from "../../pattern/patterns.ts";

export interface GgufPreTokenizer {
  /** Applied one after the other. */
  readonly patterns: readonly PatternName[];
  /** A piece that is itself a token is not taken apart. */
  readonly ignoreMerges: boolean;
  /** Whether a text starts with the beginning-of-text token, if the file does not say. */
  readonly addBos: boolean;
}

const plain = (...patterns: PatternName[]): GgufPreTokenizer => ({
  patterns,
  ignoreMerges: false,
  addBos: false,
});
const wholeTokens = (...patterns: PatternName[]): GgufPreTokenizer => ({
  patterns,
  ignoreMerges: true,
  addBos: true,
});

const names: readonly (readonly [names: string, GgufPreTokenizer])[] = [
  ["default", plain("punctuation", "gpt2", "digits", "threeDigits")],
  ["gpt-2 phi-2 mpt olmo jais jina-es jina-de jina-v2-es jina-v2-de modern-bert", plain("gpt2")],
  ["gigachat a.x-4.0 mellum exaone4 trillion granite-docling", plain("gpt2")],
  ["smollm starcoder refact command-r codeshell exaone minerva-7b mellum2", plain("digit", "gpt2")],
  ["falcon", plain("falconPunctuation", "gpt2", "threeDigits")],
  ["llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2", wholeTokens("cl100k")],
  ["dbrx smaug-bpe glm4 chatglm-bpe", plain("cl100k")],
  ["qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan solar-open grok-2", plain("qwen2")],
  ["gpt-4o llama4 kanana2 minimax-m2", plain("o200k")],
  ["tekken", wholeTokens("tekken")],
];

/** By name. The best known of several names for one kind comes first. */
export const ggufPreTokenizers: ReadonlyMap<string, GgufPreTokenizer> = new Map(
  names.flatMap(([list, kind]) => list.split(" ").map((name) => [name, kind] as const)),
);

/** Names for older files, which have none: these architectures came with one tokenizer only. */
const nameByArchitecture = new Map([
  ["gpt2", "gpt-2"],
  ["qwen2", "qwen2"],
]);

/**
 * @param name undefined for files that have none
 * @returns undefined for one that is not known
 */
export function ggufPreTokenizer(
  name: string | undefined,
  architecture: string | undefined,
): GgufPreTokenizer | undefined {
  return ggufPreTokenizers.get(name ?? nameByArchitecture.get(architecture ?? "") ?? "");
}
