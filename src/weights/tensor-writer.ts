/** Writes weights to files: parts of f32 matrices in the stored layout and type. */
import { type EncodedType, encode } from "../checkpoint/encodings.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { chunks } from "./load.ts";
import type { StoredWeight, WeightPart } from "./resolve.ts";

/** The tensors that store a weight, in F32 and its stored layout. @param prefix of their names */
export function tensorsToWrite(
  packing: Packing,
  prefix: string,
  { parts }: StoredWeight,
  matrix: Matrix,
): TensorToWrite[] {
  let firstOutput = 0;
  return parts.map((part) => {
    const first = firstOutput;
    firstOutput += part.outputs;
    const { name, shape } = part.stored;
    const send: TensorToWrite["send"] = (write) => writePart(packing, matrix, first, part, "F32", write);
    return { name: prefix + name, dtype: "F32", shape, send };
  });
}

/** Writes the outputs of a matrix from `firstOutput` on in the layout of a stored tensor. */
export async function writePart(
  packing: Packing,
  matrix: Matrix,
  firstOutput: number,
  part: Omit<WeightPart, "stored">,
  type: EncodedType,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  for (const { chunk } of chunks(matrix, firstOutput, part, "F32")) {
    const { inputs, rotaryPairs } = chunk;
    await packing.unpack(matrix, { ...chunk, rotaryPairs: 0 }, (staging) => {
      const values = new Float32Array(staging.buffer, staging.byteOffset, staging.length / 4);
      return write(encode(type, rotaryPairs > 0 ? interleaved(values, inputs, rotaryPairs) : values));
    });
  }
}

/** Rows of whole heads with the two halves of each head interleaved: rows 0, D/2, 1, D/2 + 1 ... */
function interleaved(rows: Float32Array, width: number, pairs: number): Float32Array {
  const result = new Float32Array(rows.length);
  for (let row = 0; row < rows.length / width; row++) {
    const inHead = row % (2 * pairs);
    const target = row - inHead + (inHead < pairs ? 2 * inHead : 2 * (inHead - pairs) + 1);
    result.set(rows.subarray(row * width, (row + 1) * width), target * width);
  }
  return result;
}
