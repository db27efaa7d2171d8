/** Random blocks of ggml types. Any bits are a valid block. */
import { toHalf } from "../checkpoint/half.ts";
import { BLOCK_TYPES, type BlockDtype, storedBytes } from "../compute/packing/stored-types.ts";

/** Places of the float16 scales in a block. */
const SCALES: Readonly<Record<BlockDtype, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  MXFP4: [],
};

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
    for (const at of SCALES[type]) view.setUint16(block + at, toHalf(2 * random.uniform() - 1), true);
  }
  return bytes;
}
