/** Finds the stored tensors of each weight, and checks shapes and dtypes before anything is allocated. */
import type { Checkpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import { BLOCK_TYPES, isBlocks, isStored } from "../compute/packing/stored-types.ts";
import { GptError } from "../errors.ts";
import { isClassifier } from "../families/class-names.ts";
import type { ModelDescription, WeightSource } from "../families/description.ts";
import { quote } from "../files/quote.ts";
import { ENCODER, type NamedShape, type WeightSpec } from "../model/weight-spec.ts";
import { weightTable } from "../model/weights.ts";

const FLOATS: readonly string[] = ["F32", "F16", "BF16"];

/** A matrix or vector, and the stored tensors that fill it, stacked along the output axis in this order. */
export interface StoredWeight {
  readonly spec: NamedShape;
  readonly parts: readonly WeightPart[];
}

/**
 * Number of the first part with the same rows of a tensor: that of the keys for the values if they share a
 * projection (Gemma 4), else its own.
 */
export const earlierPart = ({ parts }: StoredWeight, number: number): number =>
  parts.findIndex(({ stored, source }) => {
    const own = parts[number];
    const isSame = stored.name === own?.stored.name && source.range?.first === own.source.range?.first;
    return isSame && source.slice?.index === own.source.slice?.index;
  });

/** A weight of a decoder. */
export interface ResolvedWeight extends StoredWeight {
  readonly spec: WeightSpec;
}

export interface WeightPart {
  readonly source: WeightSource;
  readonly stored: StoredTensor;
  /** Rows of the canonical matrix, or elements of the vector, that the part fills. */
  readonly outputs: number;
}

/**
 * Lists all weights of a model in the order of the forward pass, each with the stored tensors that fill it.
 *
 * @throws GptError `not-found` without weights; `invalid-file` that names the first tensor that is missing or
 *   has an unexpected shape or dtype
 */
export function resolveWeights(checkpoint: Checkpoint, description: ModelDescription): ResolvedWeight[] {
  const { tensors, path, format } = checkpoint;
  const { prefix } = description;
  if (tensors.size === 0) {
    const advice = format === "gguf" ? "" : ": model.safetensors belongs beside config.json";
    throw new GptError("not-found", `${path}: describes a model but holds no weights${advice}`);
  }
  const find = (name: string) =>
    [name, prefix + name, olderName(name), olderName(prefix + name)]
      .map((candidate) => tensors.get(candidate))
      .find((tensor) => tensor !== undefined);
  refuseMoreLayers(checkpoint, description, find);

  const weights = expectedWeights(description).map(({ spec, parts }): ResolvedWeight => {
    const found = parts.map(({ outputs, source: usual }) => {
      const { tensor, older } = usual;
      const stored = find(tensor) ?? (older === undefined ? undefined : find(older));
      // Blocks and codes lie along the inputs, even in a tensor that holds floats [inputs, outputs] otherwise.
      const liesAlong = stored && (isBlocks(stored.dtype) || (stored.coded && usual.layout === "conv1d"));
      const source = liesAlong && !usual.range ? { ...usual, layout: "linear" as const } : usual;
      const shape = storedShape(spec, { source, outputs });
      if (stored === undefined) {
        const missing = `tensor ${quote(tensor)} of shape ${quote(shape)} is missing`;
        const reason =
          tensor === "lm_head.weight" && isClassifier(checkpoint)
            ? "this classifier cannot write, gpt classify runs it"
            : "the config does not describe these weights";
        throw new GptError("invalid-file", `${path}: ${missing}: ${reason}`);
      }
      const isTurned = source.range !== undefined && source.layout === "conv1d";
      const mayBeBlocks =
        source.headRows === undefined && !isTurned && (format === "gguf" || stored.apart !== undefined);
      checkStored(stored, shape, mayBeBlocks ? "gguf" : "huggingface", source.slice !== undefined);
      return { source, outputs, stored: sliceOf(stored, source) };
    });
    return { spec, parts: found };
  });
  refuseStrayBiases(tensors, weights);
  refuseMixedExperts(weights);
  return weights;
}

/** Files that were made of TensorFlow's BERT call the parameters of layer norms gamma and beta. */
const olderName = (name: string): string =>
  name.replace(/LayerNorm\.(weight|bias)$/, (_, kind) => `LayerNorm.${kind === "weight" ? "gamma" : "beta"}`);

/** A canonical weight and the tensors that store it. */
export interface ExpectedWeight {
  readonly spec: WeightSpec;
  readonly parts: readonly ExpectedPart[];
}

export interface ExpectedPart extends Omit<WeightPart, "stored"> {
  /** With the prefix of the family, as transformers writes it: the head has no prefix. */
  readonly name: string;
  /** The stored shape, of all slices. */
  readonly shape: readonly number[];
}

/**
 * Lists all weights of a model in the order of the forward pass, with names and shapes as its family stores
 * them.
 */
export const expectedWeights = ({
  config,
  sources,
  prefix,
}: Pick<ModelDescription, "config" | "sources" | "prefix">): ExpectedWeight[] =>
  weightTable(config).map((spec) => {
    const found = sources(spec);
    const outputs = outputsOfParts(spec, found.length);
    const parts = found.map((source, i) => {
      const part = { source, outputs: outputs[i] ?? 0 };
      const name = spec.part === "head" ? source.tensor : prefix + source.tensor;
      return { ...part, name, shape: storedShape(spec, part) };
    });
    return { spec, parts };
  });

/** A checkpoint stores the parts of a weight one by one, or stacked in one tensor. */
const outputsOfParts = ({ shape, parts }: WeightSpec, tensors: number): readonly number[] =>
  tensors === 1 ? [shape[0]] : parts;

function storedShape(
  { shape }: WeightSpec,
  { source, outputs }: Omit<WeightPart, "stored">,
): readonly number[] {
  const [, inputs] = shape;
  const { headRows, skippedRows = 0, missingRows = 0, slice, range } = source;
  const stack = slice ? [slice.count] : [];
  if (inputs === undefined) return [...stack, ...(headRows ? [headRows, outputs / headRows] : [outputs])];
  if (range) return [range.total, source.layout === "conv1d" ? outputs : inputs];
  const others = skippedRows + missingRows;
  if (others > 0) return [...stack, outputs + others, inputs];
  if (source.layout === "row") return [inputs];
  if (source.layout === "convolution") return [outputs, 1, inputs];
  return [...stack, ...(source.layout === "conv1d" ? [inputs, outputs] : [outputs, inputs])];
}

/** The shape of the tensor that a part is or belongs to. */
export function stackShape({ source: { slice, range }, stored: { shape } }: WeightPart): readonly number[] {
  if (range) return [range.total, ...shape.slice(1)];
  return slice ? [slice.count, ...shape] : shape;
}

/** The part of a tensor that a source names. */
export function sliceOf(stored: StoredTensor, { slice, layout, range }: WeightSource): StoredTensor {
  if (range) {
    const { first, count, total } = range;
    const rowBytes = stored.byteLength / total;
    const [, columns = 1] = stored.shape;
    const offset = stored.offset + first * rowBytes;
    return { ...stored, shape: [count, columns], offset, byteLength: count * rowBytes };
  }
  if (layout === "row") return { ...stored, shape: [1, ...stored.shape] };
  if (slice === undefined) return stored;
  const byteLength = stored.byteLength / slice.count;
  const offset = stored.offset + slice.index * byteLength;
  return { ...stored, shape: stored.shape.slice(1), offset, byteLength };
}

/**
 * @param format GGUF matrices may be quantized
 * @param isStack whether the first axis counts matrices or vectors
 * @throws GptError `invalid-file` for a tensor of another shape or of an unsupported dtype
 */
export function checkStored(
  { file, name, dtype, shape }: StoredTensor,
  expected: readonly number[],
  format: Checkpoint["format"] = "huggingface",
  isStack = false,
): void {
  const fail = (problem: string) => new GptError("invalid-file", `${file}: tensor ${quote(name)} ${problem}`);
  if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis])) {
    throw fail(`has shape ${quote(shape)}, but the config asks for ${quote(expected)}`);
  }
  const mayBeBlocks = format === "gguf" && shape.length === (isStack ? 3 : 2);
  if (FLOATS.includes(dtype) || (mayBeBlocks && isStored(dtype))) return;
  const supported = [...FLOATS, ...(mayBeBlocks ? Object.keys(BLOCK_TYPES) : [])].join(", ");
  throw fail(`is ${dtype}, which is not supported: convert the model to one of ${supported}`);
}

/** The matrices of a product: one, or those of all experts of a layer, which have one type in memory. */
export const tableOf = ({ module, layer, kind }: WeightSpec): string => `${layer} ${module} ${kind}`;

/** The experts of a layer are read as one table: their types must be equal. */
function refuseMixedExperts(weights: readonly ResolvedWeight[]): void {
  const types = new Map<string, string>();
  for (const { spec, parts } of weights) {
    const [first] = parts;
    if (spec.expert === undefined || first === undefined) continue;
    const own = parts.map(({ stored }) => stored.dtype).join("+");
    const expected = types.get(tableOf(spec)) ?? own;
    types.set(tableOf(spec), expected);
    if (own === expected) continue;
    const { file, name } = first.stored;
    const problem = `tensor ${quote(name)} is ${own}, but those of the experts before it are ${expected}`;
    throw new GptError("invalid-file", `${file}: ${problem}: convert the model to one type`);
  }
}

/** A model without its last layers is no model: stored layers beyond those of the config are an error. */
function refuseMoreLayers(
  { path }: Checkpoint,
  { config, sources, furtherLayers = 0 }: ModelDescription,
  find: (name: string) => StoredTensor | undefined,
): void {
  const [first] = weightTable(config).filter(
    ({ layer, module }) => layer === 0 && !module.startsWith(ENCODER),
  );
  const [next] = first ? sources({ ...first, layer: config.layers.length + furtherLayers }) : [];
  const stored = next && find(next.tensor);
  if (stored === undefined) return;
  const problem = `the config ends with layer ${config.layers.length - 1}, but there is ${quote(stored.name)}`;
  throw new GptError("invalid-file", `${path}: ${problem}: the config does not describe these weights`);
}

/** A stored bias that the config does not describe is an error: without it the sums are wrong. */
function refuseStrayBiases(tensors: Checkpoint["tensors"], weights: readonly StoredWeight[]): void {
  const used = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.name)));
  for (const name of used) {
    const bias = tensors.get(name.replace(/\.weight$/, ".bias"));
    if (bias === undefined || used.has(bias.name)) continue;
    const problem = `tensor ${quote(bias.name)} is a bias that the config does not ask for`;
    throw new GptError("invalid-file", `${bias.file}: ${problem}: check the fields that end in _bias`);
  }
}
