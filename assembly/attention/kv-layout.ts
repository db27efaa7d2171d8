/**
 * Layout of keys and values in a cache. A sequence is a table of block addresses. A block holds 32 positions:
 * for each layer `keys [kvHeads]` of D dimensions, then `values [kvHeads]` of Dv. Those of a head, with D4 =
 * Dv rounded up to 4:
 *
 *          keys                                          values
 *   F32    f32 [D][32]                                   f32 [32][D4]
 *   F16    half [D][32]                                  half [32][D4]
 *   Q8_0   [D / 32] { half scale [32], i8 [32][32] }     [Dv / 32] { half scale [32], i8 [32][32] }
 *   Q4_0   [D / 32] { half scale [32], u4 [32][32] }     [Dv / 32] { half scale [32], u4 [32][32] }
 *
 * The scores of 32 positions are eight accumulators of four positions each, without horizontal sums. The
 * weighted sum of values reads whole rows. A block of ggml, 32 dimensions of a head at a position, has a
 * scale of its own. The integers of a row, which is a dimension of keys or a position of values, lie
 * together; of 32 integers of 4 bits in 16 bytes the first half has the lower bits.
 */

/** Types of keys and of values in a cache. */
export enum KvType {
  F32 = 0,
  F16 = 1,
  Q8_0 = 2,
  Q4_0 = 3,
}

/** Positions in a block. */
export const BLOCK_POSITIONS: usize = 32;
/** Bytes of one dimension of f32 keys in a block. */
export const KEY_ROW: usize = BLOCK_POSITIONS << 2;
/** Bytes of one dimension of keys of halves in a block. */
export const HALF_KEY_ROW: usize = BLOCK_POSITIONS << 1;
/** Dimensions that share a scale. */
export const SCALED_DIMENSIONS: usize = 32;
/** Bytes of the scales of 32 dimensions at the positions of a block. */
export const SCALE_BYTES: usize = BLOCK_POSITIONS << 1;

/** Bytes of one head's keys in a block. */
export function keyBytes(headDim: usize, type: KvType): usize {
  if (type == KvType.F32) return headDim * KEY_ROW;
  return type == KvType.F16 ? headDim * (KEY_ROW >> 1) : quantizedBytes(headDim, type);
}

/** Bytes of one head's values in a block. */
export function valueBytes(valueDim: usize, type: KvType): usize {
  if (type == KvType.F32) return BLOCK_POSITIONS * valueRow(valueDim);
  return type == KvType.F16 ? BLOCK_POSITIONS * (valueRow(valueDim) >> 1) : quantizedBytes(valueDim, type);
}

/** Bytes of one row of f32 values. */
export function valueRow(valueDim: usize): usize {
  return ((valueDim + 3) & ~3) << 2;
}

/** Bytes of a row of 32 integers. */
export function integerRow(type: KvType): usize {
  return type == KvType.Q8_0 ? 32 : 16;
}

/** Bytes of 32 dimensions at the positions of a block. */
export function scaledBytes(type: KvType): usize {
  return SCALE_BYTES + 32 * integerRow(type);
}

function quantizedBytes(dimensions: usize, type: KvType): usize {
  return (dimensions / SCALED_DIMENSIONS) * scaledBytes(type);
}

/** Eight of a row of 32 integers from `first` on, as integers of 16 bits. */
export function eightIntegers(type: KvType, row: usize, first: usize): v128 {
  if (type == KvType.Q8_0) return v128.load_ext<i8>(row + first);
  const pairs = v128.load_ext<u8>(row + (first & 15));
  const own = first < 16 ? v128.and(pairs, i16x8.splat(15)) : i16x8.shr_u(pairs, 4);
  return i16x8.sub(own, i16x8.splat(8));
}
