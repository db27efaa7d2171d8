/**
 * MXFP4 of Hugging Face directories (gpt-oss; OCP Microscaling Formats 2023): `NAME_blocks` has 32 numbers of
 * 4 bits in 16 bytes, `NAME_scales` a byte for each block. Both become one tensor of ggml's blocks.
 */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";

const BLOCKS = "_blocks";
const SCALES = "_scales";
/** Bytes of the numbers of a block, and of a block of ggml, which begins with the scale. */
const NUMBERS = 16;
export const MXFP4_BYTES = 1 + NUMBERS;

/**
 * The tensors, with each pair of blocks and scales joined.
 *
 * @throws GptError `invalid-file` if they do not fit
 */
export function joinMxfp4(tensors: ReadonlyMap<string, StoredTensor>): ReadonlyMap<string, StoredTensor> {
  const joined = new Map(tensors);
  for (const blocks of tensors.values()) {
    if (!blocks.name.endsWith(BLOCKS) || blocks.dtype !== "U8") continue;
    const name = blocks.name.slice(0, -BLOCKS.length);
    const scales = tensors.get(name + SCALES);
    if (scales === undefined) continue;
    joined.delete(blocks.name);
    joined.delete(scales.name);
    joined.set(name, join(name, blocks, scales));
  }
  return joined;
}

function join(name: string, blocks: StoredTensor, scales: StoredTensor): StoredTensor {
  const expected = blocks.shape.slice(0, -1);
  const fits =
    blocks.shape.at(-1) === NUMBERS &&
    scales.dtype === "U8" &&
    scales.shape.length === expected.length &&
    expected.length > 0 &&
    scales.shape.every((size, axis) => size === expected[axis]);
  if (!fits) {
    const found = `${scales.dtype} ${quote(scales.shape)} beside blocks of ${quote(blocks.shape)}`;
    throw new GptError("invalid-file", `${scales.file}: tensor ${quote(scales.name)} is ${found}`);
  }
  const shape = [...expected.slice(0, -1), 32 * (expected.at(-1) ?? 0)];
  const byteLength = scales.byteLength * MXFP4_BYTES;
  return { name, dtype: "MXFP4", shape, file: blocks.file, offset: 0, byteLength, apart: { blocks, scales } };
}

/**
 * Puts numbers and scales together as ggml does: a block is its scale, then 16 bytes with the first half of
 * the numbers in the lower bits. The numbers are stored two by two.
 */
export function interleaveMxfp4(target: Uint8Array, numbers: Uint8Array, scales: Uint8Array): void {
  for (const [block, scale] of scales.entries()) {
    const [from, to] = [block * NUMBERS, block * MXFP4_BYTES];
    const number = (i: number) => ((numbers[from + (i >> 1)] ?? 0) >> (4 * (i & 1))) & 15;
    target[to] = scale;
    for (let i = 0; i < NUMBERS; i++) target[to + 1 + i] = number(i) | (number(i + NUMBERS) << 4);
  }
}
