/** Reads the weights of a checkpoint chunk by chunk. The peak of memory is the weights and one chunk. */
import { TensorReader } from "../checkpoint/reader.ts";
import { INPUT_BLOCK, PANEL } from "../compute/kernels/table.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import type { RowOrder } from "../families/description.ts";
import { joinedTable } from "./banks/split-table.ts";
import { joinedPieces, piecesOf } from "./pieces.ts";
import type { StoredWeight, WeightPart } from "./resolve.ts";
import { isWhole, moveColumns, runsOf, storedRow } from "./row-order.ts";

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

/** A weight, or consecutive rows of it, in the memory that is to hold it. */
export interface PlacedWeight {
  readonly packing: Packing;
  readonly weight: StoredWeight;
}

/**
 * Reads weights, each into a new matrix, by canonical name.
 *
 * @param placesOf where a weight lies, if not in the memory of `packing`: several places have its rows in
 *   this order
 * @throws the signal's reason when it is aborted
 */
export async function loadMatrices<W extends StoredWeight>(
  packing: Packing,
  weights: readonly W[],
  dtypeOf: (weight: W) => WeightDtype,
  { signal, onProgress }: LoadProgress,
  placesOf: (weight: W) => readonly PlacedWeight[] = (weight) => [{ packing, weight }],
): Promise<Map<string, Matrix>> {
  const totalBytes = weights
    .flatMap(({ parts }) => parts)
    .reduce((sum, { stored }) => sum + stored.byteLength, 0);
  const reader = new TensorReader();
  const matrices = new Map<string, Matrix>();
  let loadedBytes = 0;
  try {
    for (const weight of weights) {
      const places: Matrix[] = [];
      for (const place of placesOf(weight)) {
        const [, inputs = 1] = place.weight.spec.shape;
        const pieces: Matrix[] = [];
        for (const { dtype, outputs, parts } of piecesOf(place.weight, dtypeOf(weight))) {
          const matrix = place.packing.matrix(outputs, inputs, dtype);
          pieces.push(matrix);
          for await (const bytes of loadPiece(place.packing, parts, matrix, reader)) {
            signal?.throwIfAborted();
            loadedBytes += bytes;
            onProgress?.(loadedBytes, totalBytes);
          }
        }
        places.push(joinedPieces(pieces));
      }
      matrices.set(weight.spec.name, joinedTable(places));
    }
  } finally {
    await reader.close();
  }
  return matrices;
}

/** Packs the tensors of a piece of a weight. Yields the number of bytes read. */
async function* loadPiece(
  packing: Packing,
  parts: readonly WeightPart[],
  matrix: Matrix,
  reader: TensorReader,
): AsyncGenerator<number> {
  let firstOutput = 0;
  for (const part of parts) {
    yield* loadPart(packing, matrix, firstOutput, part, reader);
    firstOutput += part.outputs;
  }
}

/** Packs one stored tensor as the outputs from `firstOutput` on. Yields the number of bytes read. */
async function* loadPart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: WeightPart,
  reader: TensorReader,
): AsyncGenerator<number> {
  const { stored, source } = part;
  const dtype = stored.dtype as StoredDtype;
  for (const { chunk, row, bytes } of chunks(matrix, firstOutput, part, dtype)) {
    await packing.pack(matrix, chunk, (staging) => readRows(reader, part, row, staging));
    yield bytes;
  }
  const { less, logarithm } = source;
  if (less) packing.change(matrix, firstOutput, part.outputs, (value) => value + less);
  if (logarithm) packing.change(matrix, firstOutput, part.outputs, (value) => -Math.exp(value));
}

/** Reads canonical rows from `first` on. */
async function readRows(
  reader: TensorReader,
  { stored, source: { rows: order, skippedRows = 0, headRows, layout } }: WeightPart,
  first: number,
  target: Uint8Array,
): Promise<void> {
  const [storedRows = 1, columns = 1] = stored.shape;
  // A vector that is stored as a matrix has as many rows as elements.
  const rowBytes = stored.byteLength / (headRows === undefined ? storedRows : storedRows * columns);
  const read = (row: number, target: Uint8Array) =>
    reader.read(stored, (skippedRows + row) * rowBytes, target);
  if (order === undefined) return await read(first, target);
  if (layout === "conv1d") {
    const bytes = new Uint8Array(target.byteLength);
    await read(first, bytes);
    return moveColumns(bytes, target, columns, rowBytes / columns, (output) => storedRow(order, output));
  }
  const count = target.byteLength / rowBytes;
  const place = (row: number, count: number) =>
    target.subarray((row - first) * rowBytes, (row - first + count) * rowBytes);
  if (!isWhole(order, first, count)) {
    for (const { canonical, stored, count: rows } of runsOf(order, first, count))
      await read(stored, place(canonical, rows));
    return;
  }
  const bytes = new Uint8Array(target.byteLength);
  await read(first, bytes);
  for (const { canonical, stored, count: rows } of runsOf(order, first, count)) {
    const begin = (stored - first) * rowBytes;
    place(canonical, rows).set(bytes.subarray(begin, begin + rows * rowBytes));
  }
}

/** Rows of a part that are packed at once. */
export interface StoredChunk {
  readonly chunk: Chunk;
  /** The first of the canonical rows; of the inputs, if the layout is transposed. */
  readonly row: number;
  readonly bytes: number;
}

/** Splits the part of a matrix that a tensor stores into chunks. */
export function* chunks(
  matrix: Matrix,
  firstOutput: number,
  { source, outputs }: Omit<WeightPart, "stored">,
  dtype: StoredDtype,
): Generator<StoredChunk> {
  const transposed = source.layout === "conv1d";
  const [rows, columns] = transposed ? [matrix.inputs, outputs] : [outputs, matrix.inputs];
  const rowBytes = storedBytes(dtype, columns);
  // Quantized matrices are divided into whole panels of outputs and whole blocks of inputs.
  const unit = transposed ? INPUT_BLOCK : panelUnit(source.rows, rowBytes);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (rowBytes * unit))) * unit;
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const chunk = {
      dtype,
      transposed,
      firstOutput: transposed ? firstOutput : firstOutput + row,
      outputs: transposed ? outputs : count,
      firstInput: transposed ? row : 0,
      inputs: transposed ? count : matrix.inputs,
    };
    yield { chunk, row, bytes: count * rowBytes };
  }
}

/** Whole panels, and whole blocks of an order of rows if these are small. */
function panelUnit(order: RowOrder | undefined, rowBytes: number): number {
  if (order === undefined || order.block * rowBytes > CHUNK_BYTES) return PANEL;
  return order.block % PANEL === 0 ? order.block : order.block * PANEL;
}
