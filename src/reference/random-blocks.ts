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
  IQ4_NL: [0],
  IQ4_XS: [0],
  Q3_K: [108],
  Q2_K: [80, 82],
  IQ3_S: [0],
  IQ3_XXS: [0],
  IQ2_S: [0],
  IQ2_XS: [0],
  IQ2_XXS: [0],
  IQ1_M: [],
  IQ1_S: [0],
  TQ1_0: [52],
  TQ2_0: [64],
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
    if (type === "IQ1_M") view.setUint8(block + 55, 48 + (view.getUint8(block + 55) % 16)); // from 1/8 to 1/2
    for (const at of SCALES[type]) view.setUint16(block + at, toHalf(2 * random.uniform() - 1), true);
  }
  return bytes;
}
