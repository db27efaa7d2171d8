/**
 * Layout of keys and values in a cache. A sequence is a table of block addresses. A block holds 32 positions:
 * for each layer `keys [kvHeads]` of D dimensions, then `values [kvHeads]` of Dv. Those of a head, with D4 =
 * Dv rounded up to 4:
 *
 *           keys                                    values
 *   f32     f32 [D][32]                             f32 [32][D4]
 *   int8    i8 [D / 2][32][2], f32 scale [32]       i8 [16][Dv][2], f32 scale [32]
 *
 * The scores of 32 positions are eight accumulators of four positions each, without horizontal sums. The
 * weighted sum of values reads whole rows. Integers lie in pairs of dimensions or of positions, because the
 * integer dot product takes pairs. The integers of a head at a position share a scale. With int8, D and Dv
 * are multiples of 16.
 */

/** Positions in a block. */
export const BLOCK_POSITIONS: usize = 32;
/** Head dimensions that int8 caches hold are multiples of the first, and at most the second. */
export const INT8_HEAD_DIM_STEP: usize = 16;
export const INT8_HEAD_DIM_MOST: usize = 512;
/** Bytes of one dimension of f32 keys in a block. */
export const KEY_ROW: usize = BLOCK_POSITIONS << 2;
/** Bytes of a pair of dimensions of int8 keys in a block. */
export const KEY_PAIR_ROW: usize = BLOCK_POSITIONS << 1;

/** Bytes of one head's keys in a block. */
export function keyBytes(headDim: usize, int8: bool): usize {
  return int8 ? int8Bytes(headDim) : headDim * KEY_ROW;
}

/** Bytes of one head's values in a block. */
export function valueBytes(valueDim: usize, int8: bool): usize {
  return int8 ? int8Bytes(valueDim) : BLOCK_POSITIONS * valueRow(valueDim);
}

/** Bytes of one row of f32 values. */
export function valueRow(valueDim: usize): usize {
  return ((valueDim + 3) & ~3) << 2;
}

/** Bytes from the first int8 key or value of a head to its scales. */
export function int8Scales(headDim: usize): usize {
  return headDim * BLOCK_POSITIONS;
}

function int8Bytes(headDim: usize): usize {
  return int8Scales(headDim) + (BLOCK_POSITIONS << 2);
}
