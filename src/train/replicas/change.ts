/**
 * The change of a replica: start - end of its inner steps, tensor by tensor, in a .safetensors file. 16 or 4
 * bits for each number make a half or a seventh of the file.
 */

import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import { encode } from "../../checkpoint/encodings.ts";
import { bytesOfType } from "../../checkpoint/gguf/ggml-types.ts";
import { elementCount } from "../../checkpoint/layout.ts";
import { TensorReader } from "../../checkpoint/reader.ts";
import { readSafetensors } from "../../checkpoint/safetensors.ts";
import { writeSafetensors } from "../../checkpoint/safetensors-writer.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { GptError } from "../../errors.ts";
import { fromHalf } from "../../reference/elements.ts";

export const CHANGE_TYPES = ["f32", "f16", "q4_0"] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

/** Types in a file. Of Q4_0 the last block is filled with zeros. */
const STORED = { f32: "F32", f16: "F16", q4_0: "Q4_0" } as const;

/** Elements of a block of any type. */
const BLOCK = 32;

/**
 * @param start file with the tensors that the replica started from
 * @param tensors that it has now, in F32
 * @throws GptError `usage` for a change that is no number, `not-found` for a missing file, as `writeError`
 */
export async function writeChange(
  path: string,
  type: ChangeType,
  start: string,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  const before = await readSafetensors(start);
  await using reader = new TensorReader();
  const changes = tensors.map((tensor) => {
    const first = before.get(tensor.name);
    if (first === undefined) throw new GptError("invalid-file", `${start}: tensor ${tensor.name} is missing`);
    return changeOf(tensor, first, reader, STORED[type]);
  });
  await writeSafetensors(path, { format: "pt" }, changes);
}

function changeOf(
  { name, shape, send }: TensorToWrite,
  start: StoredTensor,
  reader: TensorReader,
  dtype: (typeof STORED)[ChangeType],
): TensorToWrite {
  const count = elementCount(shape) ?? Number.NaN;
  const padded = Math.ceil(count / BLOCK) * BLOCK;
  return {
    ...{ name, dtype },
    shape: dtype === "Q4_0" ? [padded] : shape,
    async send(write) {
      const blocks = new Blocks((values) => write(encode(dtype, values)));
      let done = 0;
      await send(async (bytes) => {
        const end = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
        const values = new Float32Array(end.length);
        await reader.read(start, done, bytesOf(values));
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - (end[i] as number);
        refuseInfinite(name, values);
        done += bytes.byteLength;
        await blocks.add(values);
      });
      if (dtype === "Q4_0") await blocks.add(new Float32Array(padded - count));
      await blocks.end();
    },
  };
}

function refuseInfinite(name: string, values: Float32Array): void {
  if (values.every(Number.isFinite)) return;
  const advice = "begin again with a lower --lr or --outer-lr";
  throw new GptError(
    "usage",
    `training has diverged: tensor ${name} has changed beyond all numbers: ${advice}`,
  );
}

/** Cuts a stream of numbers at whole blocks. */
class Blocks {
  readonly #write: (values: Float32Array) => Promise<void>;
  #rest = new Float32Array(0);

  constructor(write: (values: Float32Array) => Promise<void>) {
    this.#write = write;
  }

  async add(values: Float32Array): Promise<void> {
    const all = new Float32Array(this.#rest.length + values.length);
    all.set(this.#rest);
    all.set(values, this.#rest.length);
    const whole = all.length - (all.length % BLOCK);
    this.#rest = all.slice(whole);
    if (whole > 0) await this.#write(all.subarray(0, whole));
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0) await this.#write(this.#rest);
  }
}

/**
 * Reads numbers of a change.
 *
 * @param first of them, a multiple of a block
 */
export async function readChange(
  reader: TensorReader,
  tensor: StoredTensor,
  first: number,
  target: Float32Array,
): Promise<void> {
  if (tensor.dtype === "F32") return await reader.read(tensor, 4 * first, bytesOf(target));
  const count = tensor.dtype === "Q4_0" ? Math.ceil(target.length / BLOCK) * BLOCK : target.length;
  const bytes = new Uint8Array(bytesOfType(tensor.dtype, count));
  await reader.read(tensor, bytesOfType(tensor.dtype, first), bytes);
  const view = new DataView(bytes.buffer);
  if (tensor.dtype === "F16") {
    for (let i = 0; i < target.length; i++) target[i] = fromHalf(view.getUint16(2 * i, true));
  } else decodeBlocks(view, target);
}

/** Q4_0: a scale in half precision and 16 bytes; the low nibbles are the first half of the numbers. */
function decodeBlocks(view: DataView, target: Float32Array): void {
  const bytes = bytesOfType("Q4_0", BLOCK);
  for (let i = 0; i < target.length; i++) {
    const [begin, place] = [Math.floor(i / BLOCK) * bytes, i % BLOCK];
    const pair = view.getUint8(begin + 2 + (place % (BLOCK / 2)));
    const nibble = place < BLOCK / 2 ? pair & 15 : pair >> 4;
    target[i] = fromHalf(view.getUint16(begin, true)) * (nibble - 8);
  }
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Whether a change has a type that `readChange` knows, and as many numbers as a tensor. */
export function isChangeOf({ dtype, shape }: StoredTensor, tensor: StoredTensor): boolean {
  const count = elementCount(tensor.shape) ?? Number.NaN;
  if (dtype === "Q4_0") return elementCount(shape) === Math.ceil(count / BLOCK) * BLOCK;
  return (dtype === "F32" || dtype === "F16") && elementCount(shape) === count;
}
