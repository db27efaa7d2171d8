/** Reads the weights of a checkpoint into a decoder, a rectangle at a time: the peak is the weights and one rectangle. */
import { TensorReader } from "../checkpoint/reader.ts";
import type { Embedding, Norm, RotaryTable } from "../compute/ops/ops.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import type { Matrix, Tensor, WeightDtype } from "../compute/tensor.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { Block, Decoder, Linear } from "../model/decoder.ts";
import { rotaryAngles, rotaryFrequencies, sinusoidalTable } from "../model/positions.ts";
import type { LowRanks } from "./adapters/low-rank.ts";
import type { StoredWeight, WeightPart } from "./resolve.ts";

/** Stored bytes that are read and packed at once. */
const RECTANGLE_BYTES = 1 << 20;
/** Rectangles are whole panels of outputs, or whole blocks of inputs: so those of quantized matrices begin. */
const PANEL = 8;
const BLOCK = 32;

export interface LoadProgress {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
}

/** The matrix of a name that is known to be there. */
export function matrixNamed(matrices: ReadonlyMap<string, Matrix>, name: string): Matrix {
  const matrix = matrices.get(name);
  if (matrix === undefined) throw new Error(`no matrix for ${name}`);
  return matrix;
}

/**
 * A decoder of matrices by canonical name; a vector is a matrix with one input.
 *
 * @param contextSize positions to make room for in computed position tables
 * @param adapters that are not in the matrices
 */
export async function buildDecoder(
  packing: Packing,
  config: DecoderConfig,
  matrices: ReadonlyMap<string, Matrix>,
  contextSize: number,
  adapters: LowRanks = new Map(),
): Promise<Decoder> {
  const matrix = (name: string) => matrixNamed(matrices, `${name}.weight`);
  const vector = (name: string) => {
    const found = matrices.get(name);
    return found && packing.vector(found);
  };
  const norm = (name: string): Norm => ({
    name,
    weight: packing.vector(matrix(name)),
    bias: vector(`${name}.bias`),
    epsilon: config.normEpsilon,
  });
  const linear = (name: string): Linear => ({
    name,
    weight: matrix(name),
    bias: vector(`${name}.bias`),
    adapters: adapters.get(`${name}.weight`) ?? [],
  });

  const { nHead, nKvHead, headDim } = config;
  const block = (name: string, layer: number): Block => ({
    attention: { name: `${name}.attention`, layer, nHead, nKvHead, headDim, scale: 1 / Math.sqrt(headDim) },
    attentionNorm: norm(`${name}.attention_norm`),
    qkv: linear(`${name}.attention.qkv`),
    queryNorm: config.queryKeyNorm ? norm(`${name}.attention.query_norm`) : undefined,
    keyNorm: config.queryKeyNorm ? norm(`${name}.attention.key_norm`) : undefined,
    attentionOutput: linear(`${name}.attention.output`),
    mlpNorm: norm(`${name}.mlp_norm`),
    up: linear(`${name}.mlp.up`),
    down: linear(`${name}.mlp.down`),
    names: {
      attentionSum: `${name}.attention.sum`,
      active: `${name}.mlp.active`,
      mlpSum: `${name}.mlp.sum`,
    },
  });

  const tokenEmbedding = matrix("token_embedding");
  return {
    config,
    tokenEmbedding: { name: "token_embedding", weight: tokenEmbedding },
    positionEmbedding: await positionEmbedding(packing, config, contextSize, matrices),
    rotary: rotaryTable(packing, config, contextSize),
    blocks: Array.from({ length: config.nLayer }, (_, layer) => block(`blocks.${layer}`, layer)),
    finalNorm: config.normPlacement === "pre" ? norm("final_norm") : undefined,
    head: config.tiedHead && !config.labels ? tokenEmbedding : matrix("head"),
  };
}

/**
 * Reads weights, each into a new matrix, by canonical name.
 *
 * @throws the signal's reason when it is aborted
 */
export async function loadMatrices<W extends StoredWeight>(
  packing: Packing,
  weights: readonly W[],
  dtypeOf: (weight: W) => WeightDtype,
  { signal, onProgress }: LoadProgress,
): Promise<Map<string, Matrix>> {
  const totalBytes = weights
    .flatMap(({ parts }) => parts)
    .reduce((sum, { stored }) => sum + stored.byteLength, 0);
  const reader = new TensorReader();
  const matrices = new Map<string, Matrix>();
  let loadedBytes = 0;
  try {
    for (const weight of weights) {
      const [outputs, inputs = 1] = weight.spec.shape;
      const matrix = packing.matrix(outputs, inputs, dtypeOf(weight));
      matrices.set(weight.spec.name, matrix);
      let firstOutput = 0;
      for (const part of weight.parts) {
        for await (const bytes of loadPart(packing, matrix, firstOutput, part, reader)) {
          signal?.throwIfAborted();
          loadedBytes += bytes;
          onProgress?.(loadedBytes, totalBytes);
        }
        firstOutput += part.outputs;
      }
    }
  } finally {
    await reader.close();
  }
  return matrices;
}

/** Packs one stored tensor as outputs from `firstOutput` on. Yields bytes read. */
async function* loadPart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: WeightPart,
  reader: TensorReader,
): AsyncGenerator<number> {
  const { stored } = part;
  for (const { rectangle, begin, bytes } of rectangles(
    matrix,
    firstOutput,
    part,
    stored.dtype as StoredDtype,
  )) {
    await packing.pack(matrix, rectangle, (staging) => reader.read(stored, begin, staging));
    yield bytes;
  }
}

/** A rectangle of whole rows of a stored tensor, and where its bytes are among the tensor's. */
export interface StoredRectangle {
  readonly rectangle: Chunk;
  readonly begin: number;
  readonly bytes: number;
}

/** Cuts the part of a matrix that a tensor of this type stores into rectangles. */
export function* rectangles(
  matrix: Matrix,
  firstOutput: number,
  { source, outputs }: Omit<WeightPart, "stored">,
  dtype: StoredDtype,
): Generator<StoredRectangle> {
  const transposed = source.layout === "conv1d";
  const headDim = source.interleavedHeads ? outputs / source.interleavedHeads : 1;
  const [rows, columns] = transposed ? [matrix.inputs, outputs] : [outputs, matrix.inputs];
  const rowBytes = storedBytes(dtype, columns);
  const unit = transposed ? BLOCK : headDim % PANEL === 0 ? headDim : headDim * PANEL;
  const step = Math.max(1, Math.floor(RECTANGLE_BYTES / (rowBytes * unit))) * unit;
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const rectangle = {
      dtype,
      transposed,
      firstOutput: transposed ? firstOutput : firstOutput + row,
      outputs: transposed ? outputs : count,
      firstInput: transposed ? row : 0,
      inputs: transposed ? count : matrix.inputs,
      rotaryPairs: source.interleavedHeads ? headDim / 2 : 0,
    };
    yield { rectangle, begin: row * rowBytes, bytes: count * rowBytes };
  }
}

/** The table of learned positions, or of as many sinusoidal ones as the context has. */
async function positionEmbedding(
  packing: Packing,
  config: DecoderConfig,
  contextSize: number,
  matrices: ReadonlyMap<string, Matrix>,
): Promise<Embedding | undefined> {
  const name = "position_embedding";
  if (config.position.kind === "learned") return { name, weight: matrixNamed(matrices, `${name}.weight`) };
  if (config.position.kind === "rotary") return undefined;
  const table = sinusoidalTable(contextSize, config.nEmbd);
  return { name, weight: await packing.packed(table, contextSize, config.nEmbd) };
}

function rotaryTable(packing: Packing, config: DecoderConfig, contextSize: number): RotaryTable | undefined {
  if (config.position.kind !== "rotary") return undefined;
  const { theta, scaling } = config.position;
  const frequencies = rotaryFrequencies(config.headDim, theta, scaling);
  const { cos, sin } = rotaryAngles(frequencies, contextSize);
  const tensor = (values: Float32Array): Tensor => packing.tensor(values, contextSize, frequencies.length);
  return { cos: tensor(cos), sin: tensor(sin) };
}
