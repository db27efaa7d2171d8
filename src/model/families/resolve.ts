/** Finds the stored tensors of every weight and checks their shapes and dtypes, before anything is allocated. */
import type { Checkpoint, StoredTensor } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import type { DecoderConfig } from "../config.ts";
import { type WeightSpec, weightTable } from "../weights.ts";
import type { ModelDescription, WeightSource } from "./family.ts";

/** What can be loaded. */
const DTYPES: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);

/** A canonical weight and the stored tensors that, stacked along the output axis in this order, fill it. */
export interface ResolvedWeight {
  readonly spec: WeightSpec;
  readonly parts: readonly WeightPart[];
}

export interface WeightPart {
  readonly source: WeightSource;
  readonly stored: StoredTensor;
  /** Rows of the canonical matrix, or elements of the vector, that the part fills. */
  readonly outputs: number;
}

/**
 * Lists all weights of a model in the order of the forward pass, each with the stored tensors that fill it.
 * @throws GptError `invalid-file` naming the first tensor that is missing or has another shape or dtype than expected
 */
export function resolveWeights(checkpoint: Checkpoint, description: ModelDescription): ResolvedWeight[] {
  const { tensors, path } = checkpoint;
  const { config, prefix } = description;
  if (tensors.size === 0) {
    throw new GptError("invalid-file", `${path}: describes a model but holds no weights`);
  }
  const find = (name: string) => tensors.get(name) ?? tensors.get(prefix + name);

  const weights = weightTable(config).map((spec): ResolvedWeight => {
    const sources = description.sources(spec.name);
    const outputs = outputsOfParts(spec, sources.length, config);
    const parts = sources.map((source, i) => {
      const part = { source, outputs: outputs[i] ?? 0 };
      const expected = storedShape(spec, part);
      const stored = find(source.tensor);
      if (stored === undefined) {
        const missing = `tensor ${quote(source.tensor)} of shape ${quote(expected)} is missing`;
        throw new GptError("invalid-file", `${path}: ${missing}: the config does not describe these weights`);
      }
      checkStored(stored, expected);
      return { ...part, stored };
    });
    return { spec, parts };
  });
  refuseStrayBiases(tensors, weights);
  return weights;
}

/** The table stacks queries, keys and values, and gate and up; every other weight is one tensor. */
function outputsOfParts(
  { name, shape }: WeightSpec,
  parts: number,
  config: DecoderConfig,
): readonly number[] {
  if (parts === 1) return [shape[0]];
  const { nHead, nKvHead, headDim, nInner } = config;
  if (name.includes(".attention.qkv.")) return [nHead * headDim, nKvHead * headDim, nKvHead * headDim];
  return [nInner, nInner];
}

function storedShape(
  { shape }: WeightSpec,
  { source, outputs }: Omit<WeightPart, "stored">,
): readonly number[] {
  const [, inputs] = shape;
  if (inputs === undefined) return [outputs];
  return source.layout === "conv1d" ? [inputs, outputs] : [outputs, inputs];
}

/** @throws GptError `invalid-file` for a tensor of another shape, or of a dtype that cannot be loaded */
export function checkStored({ file, name, dtype, shape }: StoredTensor, expected: readonly number[]): void {
  const fail = (problem: string) => new GptError("invalid-file", `${file}: tensor ${quote(name)} ${problem}`);
  if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis])) {
    throw fail(`has shape ${quote(shape)}, but the config asks for ${quote(expected)}`);
  }
  if (!DTYPES.has(dtype)) {
    throw fail(`is ${dtype}, which is not supported yet: convert the model to F16 or BF16`);
  }
}

/** A stored bias that the config does not ask for would be left out of the sums in silence. */
function refuseStrayBiases(tensors: Checkpoint["tensors"], weights: readonly ResolvedWeight[]): void {
  const used = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.name)));
  for (const name of used) {
    const bias = tensors.get(name.replace(/\.weight$/, ".bias"));
    if (bias === undefined || used.has(bias.name)) continue;
    const problem = `tensor ${quote(bias.name)} is a bias that the config does not ask for`;
    throw new GptError("invalid-file", `${bias.file}: ${problem}: check the fields that end in _bias`);
  }
}
