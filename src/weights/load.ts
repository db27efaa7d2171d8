/** Reads the weights of a checkpoint chunk by chunk. The peak of memory is the weights and one chunk. */
import { TensorReader } from "../checkpoint/reader.ts";
import { INPUT_BLOCK, PANEL } from "../compute/kernels/table.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import type { StoredWeight, WeightPart } from "./resolve.ts";
import { rowRuns } from "./row-runs.ts";

/** Stored bytes that are read and packed at once. */
const CHUNK_BYTES = 1 << 20;

export interface LoadProgress {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
}

/** The matrix of a name that must be there. */
export function matrixNamed(matrices: ReadonlyMap<string, Matrix>, name: string): Matrix {
  const matrix = matrices.get(name);
  if (matrix === undefined) throw new Error(`no matrix for ${name}`);
  return matrix;
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

/** Packs one stored tensor as the outputs from `firstOutput` on. Yields the number of bytes read. */
async function* loadPart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: WeightPart,
  reader: TensorReader,
): AsyncGenerator<number> {
  const { stored } = part;
  for (const { chunk, begin, bytes } of chunks(matrix, firstOutput, part, stored.dtype as StoredDtype)) {
    await packing.pack(matrix, chunk, (staging) => reader.read(stored, begin, staging));
    yield bytes;
  }
}

/** Whole rows of a stored tensor, and the place of their bytes in it. */
export interface StoredChunk {
  readonly chunk: Chunk;
  readonly begin: number;
  readonly bytes: number;
}

/** Splits the part of a matrix that a tensor stores into chunks, in the order of the tensor. */
export function* chunks(
  matrix: Matrix,
  firstOutput: number,
  { source, outputs }: Omit<WeightPart, "stored">,
  dtype: StoredDtype,
): Generator<StoredChunk> {
  const { skippedRows = 0 } = source;
  const transposed = source.layout === "conv1d";
  const headDim = source.interleavedHeads ? outputs / source.interleavedHeads : 1;
  const [rows, columns] = transposed ? [matrix.inputs, outputs] : [outputs, matrix.inputs];
  const rowBytes = storedBytes(dtype, columns);
  // Quantized matrices are divided into whole panels of outputs and whole blocks of inputs.
  const unit = transposed ? INPUT_BLOCK : headDim % PANEL === 0 ? headDim : headDim * PANEL;
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (rowBytes * unit))) * unit;
  for (const run of rowRuns(source, rows)) {
    for (let done = 0; done < run.count; done += step) {
      const count = Math.min(step, run.count - done);
      const first = run.output + done;
      const chunk = {
        dtype,
        transposed,
        firstOutput: transposed ? firstOutput : firstOutput + first,
        outputs: transposed ? outputs : count,
        firstInput: transposed ? first : 0,
        inputs: transposed ? count : matrix.inputs,
        rotaryPairs: source.interleavedHeads ? headDim / 2 : 0,
      };
      yield { chunk, begin: (skippedRows + run.row + done) * rowBytes, bytes: count * rowBytes };
    }
  }
}
