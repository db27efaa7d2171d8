/** The reference checkpoints that load, and what may differ from the reference. */
import { readFileSync } from "node:fs";
import { shared } from "../../shared.ts";

/**
 * Folders of ../shared/models/golden. A new family adds its folders here: logits, greedy ids, the same bytes
 * however ids arrive, GGUF and training are tested for all of them.
 */
export const GOLDEN: readonly string[] = [
  "bloom",
  "deepseek_v2",
  "deepseek_v2-yarn",
  "deepseek_v3",
  "falcon",
  "falcon-11b",
  "falcon-new",
  "falcon-rw",
  "cohere",
  "cohere-qknorm",
  "ernie4_5",
  "exaone4",
  "exaone4-full",
  "gemma",
  "gemma2",
  "gemma3",
  "gemma3-v5",
  "gemma3_text",
  "gemma3n",
  "gemma3n_text",
  "gemma4",
  "gemma4-dense",
  "gemma4-moe",
  "gemma4-v5",
  "glm",
  "glm4",
  "gpt2",
  "granite",
  "hunyuan_v1_dense",
  "gpt_neox",
  "gpt_neox-serial",
  "gptj",
  "granitemoehybrid",
  "granitemoehybrid-moe",
  "lfm2",
  "gpt_oss",
  "lfm2_moe",
  "llama",
  "llama-bias",
  "llama4",
  "llama-linear",
  "llama-llama3",
  "llama-v5",
  "llama-yarn",
  "glm4_moe",
  "glm4_moe_lite",
  "glm4_moe-qknorm",
  "minimax_m2",
  "ministral3",
  "mistral-window",
  "mistral3",
  "mixtral",
  "nemotron",
  "olmo2",
  "olmo3",
  "openai-gpt",
  "opt",
  "opt-350m",
  "phi",
  "phimoe",
  "phi3",
  "qwen2",
  "qwen3_5",
  "qwen3_5_moe",
  "qwen3_5_text",
  "qwen3_next",
  "qwen2_moe",
  "qwen3_moe",
  "smollm3",
  "stablelm",
  "stablelm-2",
  "starcoder2",
];

/** Families for which GGUF has no architecture. */
export const WITHOUT_GGUF: readonly string[] = [
  "falcon-rw",
  "gptj",
  "llama4",
  "openai-gpt",
  "opt",
  "opt-350m",
  "phimoe",
];

/** Largest difference of a logit: the references have float64, and print 6 digits. */
const TOLERANCE = 2e-4;

/**
 * The same of these folders. At one position a norm of a small sum makes rounding errors ten times as large.
 */
const WIDE_TOLERANCE: ReadonlyMap<string, number> = new Map([["qwen3_5_moe", 5e-4]]);

export const toleranceOf = (name: string): number => WIDE_TOLERANCE.get(name) ?? TOLERANCE;

/** Families whose GGUF files have the heads in another order: sums are rounded otherwise. */
export const REORDERED_IN_GGUF: readonly string[] = ["qwen3_5", "qwen3_5_moe", "qwen3_5_text"];

export interface Case {
  readonly prompt: number[];
  readonly greedy: number[];
  readonly logits: number[][];
}

export const pathOf = (name: string): string => shared(`models/golden/${name}`);

export const casesOf = (name: string): readonly Case[] =>
  (JSON.parse(readFileSync(`${pathOf(name)}/expected.json`, "utf8")) as { cases: Case[] }).cases;

/**
 * The longest prompt of the reference with its greedy ids: crosses blocks of the cache where there is one.
 */
export function longestText(name: string): readonly number[] {
  const [longest] = casesOf(name).toSorted((a, b) => b.prompt.length - a.prompt.length);
  return [...(longest?.prompt ?? []), ...(longest?.greedy ?? [])];
}
