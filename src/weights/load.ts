/** Reads the weights of a checkpoint chunk by chunk. The peak of memory is the weights and a few chunks. */
import { TensorReader } from "../checkpoint/reader.ts";
import { INPUT_BLOCK, NORMAL_BLOCK, PANEL } from "../compute/kernels/table.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import { type ChunkToPack, packChunks } from "../compute/packing/chunk-queue.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { type StoredDtype, storedBytes } from "../compute/packing/stored-types.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import type { RowOrder } from "../families/description.ts";
import { joinedTable } from "./banks/split-table.ts";
import { joinedPieces, piecesOf } from "./pieces.ts";
import type { StoredWeight, WeightPart } from "./resolve.ts";
import { isWhole, moveColumns, runsOf, storedRow, takeColumns } from "./row-order.ts";

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
    .reduce((sum, { stored, source }) => sum + stored.byteLength / (source.every?.count ?? 1), 0);
  const reader = new TensorReader();
  const matrices = new Map<string, Matrix>();
  let loadedBytes = 0;
  function* all() {
    for (const weight of weights) {
      const places: Matrix[] = [];
      for (const place of placesOf(weight)) {
        places.push(yield* chunksOfPlace(place, dtypeOf(weight), reader));
      }
      matrices.set(weight.spec.name, joinedTable(places));
    }
  }
  try {
    for await (const { bytes, finish } of packChunks(all())) {
      finish?.();
      signal?.throwIfAborted();
      loadedBytes += bytes;
      onProgress?.(loadedBytes, totalBytes);
    }
  } finally {
    await reader.close();
  }
  return matrices;
}

/** A chunk of a weight. */
interface WeightChunk extends ChunkToPack {
  /** Number of bytes in the file. */
  readonly bytes: number;
  /** What happens to a part when its last chunk is packed. */
  readonly finish?: (() => void) | undefined;
}

/** The chunks of a weight in one memory. Returns its matrix, which they fill. */
function* chunksOfPlace(
  { packing, weight }: PlacedWeight,
  dtype: WeightDtype,
  reader: TensorReader,
): Generator<WeightChunk, Matrix> {
  const [, inputs = 1] = weight.spec.shape;
  const pieces: Matrix[] = [];
  for (const { dtype: own, outputs, parts } of piecesOf(weight, dtype)) {
    const matrix = packing.matrix(outputs, inputs, own);
    pieces.push(matrix);
    let firstOutput = 0;
    for (const part of parts) {
      yield* chunksOfPart(packing, matrix, firstOutput, part, reader);
      firstOutput += part.outputs;
    }
  }
  return joinedPieces(pieces);
}

/** The chunks of a stored tensor, which has the outputs from `firstOutput` on. */
function* chunksOfPart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: WeightPart,
  reader: TensorReader,
): Generator<WeightChunk> {
  const { stored, source, outputs } = part;
  const { less, logarithm } = source;
  const own = [...chunks(matrix, firstOutput, part, stored.dtype as StoredDtype)];
  for (const [i, { chunk, row, bytes }] of own.entries()) {
    const read = (staging: Uint8Array) => readRows(reader, part, row, staging);
    const finish = () => {
      if (less) packing.change(matrix, firstOutput, outputs, (value) => value + less);
      if (logarithm) packing.change(matrix, firstOutput, outputs, (value) => -Math.exp(value));
    };
    yield { packing, matrix, chunk, read, bytes, finish: i === own.length - 1 ? finish : undefined };
  }
}

/** Reads canonical rows from `first` on. */
async function readRows(
  reader: TensorReader,
  { stored, source: { rows: order, skippedRows = 0, headRows, layout, every } }: WeightPart,
  first: number,
  target: Uint8Array,
): Promise<void> {
  const [storedRows = 1, columns = 1] = stored.shape;
  // A vector that is stored as a matrix has as many rows as elements.
  const wholeBytes = stored.byteLength / (headRows === undefined ? storedRows : storedRows * columns);
  const rowBytes = wholeBytes / (every?.count ?? 1);
  const read = async (row: number, target: Uint8Array) => {
    if (!every) return await reader.read(stored, (skippedRows + row) * rowBytes, target);
    const whole = new Uint8Array(target.byteLength * every.count);
    await reader.read(stored, row * wholeBytes, whole);
    takeColumns(whole, target, wholeBytes / columns, every);
  };
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
  const unit = transposed ? Math.max(INPUT_BLOCK, NORMAL_BLOCK) : panelUnit(source.rows, rowBytes);
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
