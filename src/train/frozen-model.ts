/** A model that stays as it is while another one is trained, before its weights are read. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { findModel } from "../hub/find-model.ts";
import type { DecoderConfig } from "../model/config.ts";
import { type ResolvedWeight, resolveWeights } from "../weights/resolve.ts";
import { frozenDtype } from "./adapter/frozen-dtype.ts";

/** Weights as a checkpoint stores them, with their types in memory. */
export interface FrozenWeights {
  readonly weights: readonly ResolvedWeight[];
  readonly dtypeOf: (weight: ResolvedWeight) => WeightDtype;
}

export interface FrozenModel extends FrozenWeights {
  readonly config: DecoderConfig;
}

/**
 * Finds the weights of a reference.
 *
 * @param vocabSize of the model in training: ids mean the same in both
 * @throws GptError as `openCheckpoint`, and `usage` for another vocabulary
 */
export async function openFrozen(model: string | undefined, vocabSize: number): Promise<FrozenModel> {
  if (model === undefined) {
    const problem = "the run does not say which model it started from";
    throw new GptError("usage", `${problem}: name it as the objective's reference`);
  }
  const checkpoint = await openCheckpoint(findModel(model));
  const description = await parseModel(checkpoint, "tokens");
  const { config } = description;
  if (config.vocabSize !== vocabSize) {
    const sizes = `has ${config.vocabSize} tokens, the model in training ${vocabSize}`;
    throw new GptError("usage", `${model}: ${sizes}: a reference needs the same vocabulary`);
  }
  return { config, weights: resolveWeights(checkpoint, description), dtypeOf: frozenDtype(undefined) };
}

/** A hash of all that the model's numbers depend on: files by size and time, types in memory, the kernels. */
export async function keyOf({ weights, dtypeOf }: FrozenWeights, simd: string): Promise<Uint8Array> {
  const names = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.file)));
  const stats = await Promise.all(
    [...names].map(async (name) => {
      const { size, mtimeMs } = await stat(name);
      return { name, size, mtimeMs };
    }),
  );
  const facts = { version: 1, simd, stats, dtypes: weights.map(dtypeOf) };
  return createHash("sha256").update(JSON.stringify(facts)).digest();
}
