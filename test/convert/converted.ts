/** What tests of conversion look at. */
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { loadModel, type ModelOptions } from "../../src/index.ts";
import { llama } from "../fixtures/stored-config.ts";
import type { UniformConfig } from "../fixtures/uniform.ts";

export async function logitsOf(path: string, options: ModelOptions = {}): Promise<Float32Array> {
  await using model = await loadModel(path, { threads: 1, simd: "plain", ...options });
  return model.createSession().append([5, 4, 3, 2, 1], { every: true });
}

/** The stored types by the names of tensors. */
export const typesOf = async (path: string) =>
  Object.fromEntries(
    [...(await openCheckpoint(path)).tensors.values()].map(({ name, dtype }) => [name, dtype]),
  );

export const llama3 = {
  kind: "llama3",
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalPositions: 40,
} as const;
export const qwen2: UniformConfig = { ...llama, family: "qwen2", qkvBias: true };
