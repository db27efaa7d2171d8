/** Writes weights to files: parts of f32 matrices in the stored layout and type. */
import { encode } from "../checkpoint/encodings.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import type { Chunk } from "../compute/packing/chunk.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import type { RowOrder } from "../families/description.ts";
import { chunks } from "./load.ts";
import { earlierPart, type StoredWeight, stackShape, type WeightPart } from "./resolve.ts";
import { canonicalRow, isWhole, moveColumns, type Run, runsOfStored } from "./row-order.ts";

/** A tensor, or a part of it that its neighbours continue. */
export interface PartToWrite extends TensorToWrite {
  /** The columns of the parts come in turn, not the parts one after the other. */
  readonly alternates?: boolean;
}

/** The tensors that store a weight, in F32 and its stored layout. @param prefix of their names */
export function tensorsToWrite(
  packing: Packing,
  prefix: string,
  weight: StoredWeight,
  matrix: Matrix,
): PartToWrite[] {
  let firstOutput = 0;
  return weight.parts.flatMap((part, i) => {
    const first = firstOutput;
    firstOutput += part.outputs;
    if (earlierPart(weight, i) < i) return [];
    const { name } = part.stored;
    const shape = stackShape(part);
    const send: TensorToWrite["send"] = (write) =>
      writePart(packing, matrix, first, part, (rows) => write(encode("F32", rows)));
    return { name: prefix + name, dtype: "F32", shape, send, alternates: part.source.every !== undefined };
  });
}

/** Joins parts with the name of one tensor: slices of a stack, in its order, or columns in turn. */
export function joinSlices(tensors: readonly PartToWrite[]): TensorToWrite[] {
  const slices = new Map<string, PartToWrite[]>();
  for (const tensor of tensors) slices.set(tensor.name, [...(slices.get(tensor.name) ?? []), tensor]);
  return [...slices.values()].map((own) => {
    const [{ alternates, ...first }] = own as [PartToWrite];
    if (own.length === 1) return first;
    if (alternates) return { ...first, send: (write) => alternate(own, write) };
    const send: TensorToWrite["send"] = async (write) => {
      for (const slice of own) await slice.send(write);
    };
    return { ...first, send };
  });
}

/** Sends the columns of parts in turn. The parts are held in memory: those of an adapter are narrow. */
async function alternate(
  parts: readonly TensorToWrite[],
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const columns: Float32Array[] = [];
  for (const part of parts) columns.push(await elementsOf(part));
  const length = columns[0]?.length ?? 0;
  const values = new Float32Array(length * columns.length);
  for (const [i, own] of columns.entries()) {
    for (const [at, value] of own.entries()) values[at * columns.length + i] = value;
  }
  await write(encode("F32", values));
}

async function elementsOf({ send }: TensorToWrite): Promise<Float32Array> {
  const chunks: Uint8Array[] = [];
  await send(async (bytes) => {
    chunks.push(bytes.slice());
  });
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return new Float32Array(bytes.buffer);
}

/** Sends the outputs of a matrix from `firstOutput` on, as rows in the layout of a stored tensor. */
export async function writePart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: Omit<WeightPart, "stored">,
  write: (rows: Float32Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  const { rows: order, columns, less = 0, logarithm = false } = part.source;
  const { skippedRows = 0, missingRows = 0 } = part.source;
  const send = (values: Float32Array<ArrayBuffer>) => {
    const placed = columns ? inOrder(values, matrix.inputs, columns) : values;
    return write(less || logarithm ? placed.map((v) => (logarithm ? Math.log(-v) : v - less)) : placed);
  };
  if (skippedRows > 0) await send(new Float32Array(skippedRows * matrix.inputs));
  for (const { chunk, row } of chunks(matrix, firstOutput, part, "F32")) {
    if (order && !chunk.transposed) {
      await send(await storedRows(packing, matrix, chunk, order, row));
      continue;
    }
    const stored = new Float32Array(chunk.outputs * chunk.inputs);
    await packing.unpack(matrix, chunk, (staging) => {
      if (order === undefined) stored.set(floats(staging));
      else {
        const place = (output: number) => canonicalRow(order, output);
        moveColumns(staging, new Uint8Array(stored.buffer), chunk.outputs, 4, place);
      }
    });
    await send(stored);
  }
  // One by one: they may be as large as all memory.
  for (let i = 0; i < missingRows; i++) await send(new Float32Array(matrix.inputs));
}

const floats = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);

/** Rows with their columns as a file orders them. */
function inOrder(rows: Float32Array<ArrayBuffer>, width: number, order: RowOrder): Float32Array<ArrayBuffer> {
  const stored = new Float32Array(rows.length);
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
  moveColumns(bytes, new Uint8Array(stored.buffer), width, 4, (column) => canonicalRow(order, column));
  return stored;
}

/** As many stored rows as a chunk has, from `first` on. */
async function storedRows(
  packing: Packing,
  matrix: Matrix,
  chunk: Chunk,
  order: RowOrder,
  first: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { outputs: count, inputs } = chunk;
  const result = new Float32Array(count * inputs);
  const runs = runsOfStored(order, first, count);
  const take = (rows: Float32Array, from: number, { canonical, stored, count }: Run) => {
    const begin = (canonical - from) * inputs;
    result.set(rows.subarray(begin, begin + count * inputs), (stored - first) * inputs);
  };
  const at = chunk.firstOutput - first;
  if (isWhole(order, first, count)) {
    await packing.unpack(matrix, chunk, (staging) => {
      for (const run of runs) take(floats(staging), first, run);
    });
    return result;
  }
  for (const run of runs) {
    const rows = { ...chunk, firstOutput: at + run.canonical, outputs: run.count };
    await packing.unpack(matrix, rows, (staging) => take(floats(staging), run.canonical, run));
  }
  return result;
}
