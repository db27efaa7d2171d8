/**
 * Stored models at whose sizes threads share the work, and texts of their vocabulary, for tests of sessions.
 */
import { beforeAll } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import type { Simd } from "../../src/compute/kernels/kernels.ts";
import type { KvChoice } from "../../src/engine/kv-types.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { type StoredAs, writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { UniformConfig } from "../fixtures/uniform.ts";
import { TestRandom } from "../reference/random.ts";

/** Sizes at which the matrix products of a single row, and attention, are shared among threads. */
export const size = { nEmbd: 252, nHead: 6, headDim: 42, vocabSize: 2003, nPositions: 1024 };

interface Stored {
  readonly name: string;
  readonly config: UniformConfig;
  readonly dtype: StoredAs;
  readonly kvCache?: KvChoice;
}

const grouped = { ...llama, ...size, nHead: 8, nKvHead: 2, headDim: 32, nEmbd: 256, nInner: 700 };
export const models: readonly Stored[] = [
  { name: "llama", config: { ...llama, ...size, nKvHead: 2, nInner: 700 }, dtype: "F32" },
  { name: "gpt2", config: { ...gpt2, ...size, nKvHead: 6, nInner: 1401 }, dtype: "BF16" },
  { name: "llama-q4_0-f16", config: grouped, dtype: "F32", kvCache: { keys: "q4_0", values: "f16" } },
];

export interface SessionModels {
  /** Where a model is stored. */
  readonly file: (name: string) => string;
  readonly random: TestRandom;
  readonly text: (length: number) => number[];
  readonly load: (name: string, simd: Simd, threads: number) => Promise<Model>;
}

/** Call it outside of tests: stores the models of these names for the tests of one file. */
export function sessionModels(names: readonly string[]): SessionModels {
  const file = temporaryFolder();
  const random = new TestRandom(5);
  const text = (length: number): number[] => Array.from({ length }, () => random.integer(size.vocabSize));

  async function load(name: string, simd: Simd, threads: number): Promise<Model> {
    const checkpoint = await openCheckpoint(file(name));
    const kvCache = models.find((model) => model.name === name)?.kvCache;
    return Model.load(checkpoint, await parseModel(checkpoint), { simd, threads, kvCache });
  }

  beforeAll(() => {
    for (const { name, config, dtype } of models)
      if (names.includes(name)) writeRandomDirectory(file(name), config, { dtype });
  });

  return { file, random, text, load };
}
