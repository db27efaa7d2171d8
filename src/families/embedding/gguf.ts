/**
 * Embeddings in GGUF files: the key `pooling_type` of an architecture. llama-server normalizes what it pools.
 * No key holds the other settings of sentence-transformers.
 */
import type { GgufMetadata } from "../../checkpoint/checkpoint.ts";
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import type { EmbeddingModules, Pooling } from "./modules.ts";

const NUMBERS: Readonly<Partial<Record<Pooling, number>>> = { mean: 1, cls: 2, lasttoken: 3 };

/** The pooling that a file names, if it is one of tokens. */
export function poolingIn(metadata: GgufMetadata): Pooling | undefined {
  const type = metadata.get(`${metadata.get("general.architecture")}.pooling_type`);
  return (Object.keys(NUMBERS) as Pooling[]).find((pooling) => NUMBERS[pooling] === type);
}

/** Keys of an architecture, for a pooling that llama.cpp knows. */
export function poolingEntries(modules: EmbeddingModules): (readonly [string, Uint8Array])[] {
  const number = numberOf(modules);
  return number === undefined ? [] : [["pooling_type", ggufValue.uint32(number)]];
}

/** Files of sentence-transformers that say what a GGUF file says: it pools and normalizes. */
export function moduleFiles(metadata: GgufMetadata): ReadonlyMap<string, string> {
  const pooling = poolingIn(metadata);
  if (pooling === undefined) return new Map();
  const width = metadata.get(`${metadata.get("general.architecture")}.embedding_length`);
  const modules = ["", "1_Pooling", "2_Normalize"].map((path, idx) => ({
    idx,
    name: `${idx}`,
    path,
    type: `sentence_transformers.models.${path.slice(2) || "Transformer"}`,
  }));
  const switches = { mean: "mean_tokens", cls: "cls_token", lasttoken: "lasttoken" } as const;
  const settings = Object.entries(switches).map(([name, key]) => [`pooling_mode_${key}`, name === pooling]);
  return new Map([
    ["modules.json", json(modules)],
    ["1_Pooling/config.json", json({ word_embedding_dimension: width, ...Object.fromEntries(settings) })],
  ]);
}

const json = (content: object): string => `${JSON.stringify(content, null, 2)}\n`;

/**
 * Settings that no key holds, in words.
 *
 * @param nPositions the longest input by the file
 */
export function omittedIn(modules: EmbeddingModules, nPositions: number): string[] {
  const { poolings, dense, normalize, prompts, maxTokens = nPositions, lowerCases } = modules;
  const settings = {
    [`pooling ${poolings.join(" + ")}`]: numberOf(modules) === undefined,
    "dense layers": dense.length > 0,
    "the lengths of vectors": !normalize && numberOf(modules) !== undefined,
    prompts: [...prompts.values()].some((text) => text !== ""),
    [`the limit of ${maxTokens} tokens`]: maxTokens < nPositions,
    "lower case": lowerCases,
  };
  return Object.entries(settings).flatMap(([name, isSet]) => (isSet ? [name] : []));
}

function numberOf({ poolings: [first, ...others] }: EmbeddingModules): number | undefined {
  return first === undefined || others.length > 0 ? undefined : NUMBERS[first];
}
