/** Decodes weights that are stored as codes with levels and scales (bitsandbytes.ts). */
import type { Coded, StoredTensor } from "./checkpoint.ts";

/** Fills `target` with the bytes of a tensor from `begin` on. */
export type Read = (tensor: StoredTensor, begin: number, target: Uint8Array) => Promise<void>;

/** Fills `target` with the numbers of elements from `first` on. */
export async function decodeCoded(
  read: Read,
  { codes, levels, block, scales: stored, nested }: Coded,
  first: number,
  target: Float32Array,
): Promise<void> {
  const end = first + target.length;
  const firstByte = first >> 1;
  const bytes = new Uint8Array(((end + 1) >> 1) - firstByte);
  await read(codes, firstByte, bytes);
  const firstBlock = Math.floor(first / block);
  const blocks = Math.ceil(end / block) - firstBlock;
  const scales = nested
    ? await nestedScales(read, stored, nested, firstBlock, blocks)
    : await floats(read, stored, firstBlock, blocks);
  for (let i = 0; i < target.length; i++) {
    const element = first + i;
    const byte = bytes[(element >> 1) - firstByte] ?? 0;
    const level = levels[element % 2 === 0 ? byte >> 4 : byte & 15] ?? 0;
    target[i] = level * (scales[Math.floor(element / block) - firstBlock] ?? 0);
  }
}

async function nestedScales(
  read: Read,
  stored: StoredTensor,
  { levels, block, scales, offset }: NonNullable<Coded["nested"]>,
  first: number,
  count: number,
): Promise<Float32Array> {
  const codes = new Uint8Array(count);
  await read(stored, first, codes);
  const firstScale = Math.floor(first / block);
  const own = await floats(read, scales, firstScale, Math.ceil((first + count) / block) - firstScale);
  return Float32Array.from(codes, (code, i) => {
    const scale = own[Math.floor((first + i) / block) - firstScale] ?? 0;
    return Math.fround((levels[code] ?? 0) * scale) + Math.fround(offset);
  });
}

export async function floats(
  read: Read,
  stored: StoredTensor,
  first: number,
  count: number,
): Promise<Float32Array> {
  const values = new Float32Array(count);
  await read(stored, 4 * first, new Uint8Array(values.buffer));
  return values;
}
