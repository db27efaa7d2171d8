/**
 * The value function of a policy: a linear layer on its last hidden states, with a file of its own beside the
 * model. Its names are those of TRL's AutoModelForCausalLMWithValueHead.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StoredTensor } from "../checkpoint/checkpoint.ts";
import { readSafetensors } from "../checkpoint/safetensors.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Head } from "../model/modules.ts";
import { matrixNamed } from "../weights/load.ts";
import { checkStored, type StoredWeight } from "../weights/resolve.ts";
import type { Matrices } from "./parameters.ts";

export const VALUE_HEAD = "value_head.safetensors";

const [WEIGHT, BIAS] = ["v_head.summary.weight", "v_head.summary.bias"];

export interface PlannedValueHead {
  readonly weights: readonly StoredWeight[];
  /** Whether a file holds it. A new one gives 0 everywhere. */
  readonly isStored: boolean;
}

/**
 * @param file of a saved run, or value_head.safetensors; undefined if there is none
 * @throws GptError `invalid-file` for a head of another width
 */
export async function planValueHead(file: string | undefined, width: number): Promise<PlannedValueHead> {
  const tensors = file === undefined ? undefined : await readSafetensors(file);
  const isStored = tensors?.has(WEIGHT) === true;
  const weight = (name: string, shape: readonly [number] | readonly [number, number]): StoredWeight => {
    const none: StoredTensor = {
      name,
      dtype: "F32",
      shape,
      file: "",
      offset: 0,
      byteLength: 4 * (shape[1] ?? 1),
    };
    const stored = tensors?.get(name) ?? none;
    checkStored(stored, shape);
    return {
      spec: { name, shape },
      parts: [{ source: { tensor: name, layout: "linear" }, stored, outputs: 1 }],
    };
  };
  return { weights: [weight(WEIGHT, [1, width]), weight(BIAS, [1])], isStored };
}

/** The file of a directory, if it is there. */
export function valueHeadFile(directory: string): string | undefined {
  const path = join(directory, VALUE_HEAD);
  return existsSync(path) ? path : undefined;
}

export async function newValueHead(packing: Packing, { weights }: PlannedValueHead): Promise<Matrices> {
  const values = new Map();
  for (const { spec } of weights) {
    const [outputs, inputs = 1] = spec.shape;
    values.set(spec.name, await packing.packed(new Float32Array(outputs * inputs), outputs, inputs));
  }
  return values;
}

export const valueHeadOf = (packing: Packing, values: Matrices): Head => ({
  name: "value_head",
  weight: matrixNamed(values, WEIGHT),
  bias: packing.vector(matrixNamed(values, BIAS)),
  adapters: [],
  scale: 1,
  softCap: undefined,
  transform: undefined,
});
