/** Random blocks of ggml types. Any bits are a valid block. */
import { HALF_FLOATS } from "../checkpoint/gguf/ggml-types.ts";
import { toHalf } from "../checkpoint/half.ts";
import { BLOCK_TYPES, type BlockDtype, storedBytes } from "../compute/packing/stored-types.ts";

/**
 * Blocks of random bits, with scales between -1 and 1.
 *
 * @param random draws numbers in [0, 1)
 * @param elements a whole number of blocks
 */
export function randomBlocks(
  random: { uniform(): number },
  type: BlockDtype,
  elements: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(storedBytes(type, elements)).map(() => Math.floor(256 * random.uniform()));
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < bytes.length; block += BLOCK_TYPES[type].bytes) {
    if (type === "MXFP4") view.setUint8(block, 120 + Math.floor(8 * random.uniform()));
    if (type === "IQ1_M") view.setUint8(block + 55, 48 + (view.getUint8(block + 55) % 16)); // from 1/8 to 1/2
    for (const at of HALF_FLOATS[type] ?? [])
      view.setUint16(block + at, toHalf(2 * random.uniform() - 1), true);
  }
  return bytes;
}
