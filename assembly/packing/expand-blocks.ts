/**
 * The block types of ggml with a grid (IQ1, IQ2, IQ3) and the ternary ones (TQ), brought into expanded
 * blocks: an f32 scale and 16 integers of 8 bits. A block of 256 elements holds indices into a grid of rows
 * of 8 or 4 numbers, signs, and scales of a few bits beside a half float (ggml-common.h).
 */

import { EXPANDED_BYTES, GgmlType } from "./ggml-blocks";
import { fromHalf } from "./half";

/** 16 groups of 16 elements. */
const GROUPS: usize = 16;
const POWERS_OF_3: usize = memory.data<u8>([1, 3, 9, 27, 81]);

/**
 * Expands blocks [begin, end).
 *
 * @param out [blocks][16] expanded blocks
 * @param source blocks of `blockBytes` bytes
 * @param grid i8 rows of the grid of the type, see src/compute/packing/block-grids.ts
 */
export function expandBlocks(
  out: usize,
  source: usize,
  type: GgmlType,
  blockBytes: usize,
  grid: usize,
  begin: usize,
  end: usize,
): void {
  for (let i = begin; i < end; i++) {
    const block = source + i * blockBytes;
    let to = out + i * GROUPS * EXPANDED_BYTES;
    for (let group: usize = 0; group < GROUPS; group++) {
      switch (type) {
        case GgmlType.IQ2_XXS:
          twoBitsShared(to, block, grid, group);
          break;
        case GgmlType.IQ2_XS:
          twoBits(to, block, grid, group);
          break;
        case GgmlType.IQ2_S:
          twoBitsSigned(to, block, grid, group);
          break;
        case GgmlType.IQ3_XXS:
          threeBitsShared(to, block, grid, group);
          break;
        case GgmlType.IQ3_S:
          threeBits(to, block, grid, group);
          break;
        case GgmlType.IQ1_S:
          oneBit(to, block, grid, group);
          break;
        case GgmlType.IQ1_M:
          oneBitMixed(to, block, grid, group);
          break;
        case GgmlType.TQ1_0:
          put(to, half(block + 52), ternaryDigits(block, group));
          break;
        default: {
          // TQ2_0: 128 elements are four times 32, of 2 bits in 32 bytes.
          const bytes = v128.load(block + ((group >> 3) << 5) + ((group & 1) << 4));
          const digits = v128.and(i8x16.shr_u(bytes, <i32>(group & 6)), i8x16.splat(3));
          put(to, half(block + 64), i8x16.sub(digits, i8x16.splat(1)));
        }
      }
      to += EXPANDED_BYTES;
    }
  }
}

/** IQ2_XXS: for 32 elements four indices in 4 bytes, then four times 7 signs and a scale in 32 bits. */
function twoBitsShared(to: usize, block: usize, grid: usize, group: usize): void {
  const at = block + 2 + ((group >> 1) << 3);
  const word = load<u32>(at, 4);
  const first = at + ((group & 1) << 1);
  const numbers = pairOfRows(grid, load<u8>(first), load<u8>(first, 1));
  const scale = half(block) * (<f32>0.5 + <f32>(word >> 28)) * <f32>0.25;
  put(to, scale, signed(numbers, sevenSigns(word >> <u32>(14 * (group & 1)))));
}

/** IQ2_XS: 9 bits of index and 7 signs in 16 bits, and a scale of 4 bits for 16 elements. */
function twoBits(to: usize, block: usize, grid: usize, group: usize): void {
  const at = block + 2 + (group << 2);
  const a: u32 = load<u16>(at);
  const b: u32 = load<u16>(at, 2);
  const signs = (a >> 9) | ((b >> 9) << 7);
  put(to, quarter(block, block + 66, group), signed(pairOfRows(grid, a & 511, b & 511), sevenSigns(signs)));
}

/** IQ2_S: 8 bits of index and 2 more elsewhere, a sign for each element. */
function twoBitsSigned(to: usize, block: usize, grid: usize, group: usize): void {
  const at = block + (group << 1);
  const high = <u32>load<u8>(block + (group >> 1), 66) >> <u32>((group & 1) << 2);
  const a = <u32>load<u8>(at, 2) | ((high & 3) << 8);
  const b = <u32>load<u8>(at, 3) | ((high & 12) << 6);
  put(to, quarter(block, block + 74, group), signed(pairOfRows(grid, a, b), load<u16>(at, 34)));
}

/** IQ3_XXS: for 32 elements eight indices in 8 bytes; signs and scale as in IQ2_XXS. */
function threeBitsShared(to: usize, block: usize, grid: usize, group: usize): void {
  const word = load<u32>(block + ((group >> 1) << 2), 66);
  const numbers = fourRows(grid, block + 2 + (group << 2), 0);
  const scale = half(block) * (<f32>0.5 + <f32>(word >> 28)) * <f32>0.5;
  put(to, scale, signed(numbers, sevenSigns(word >> <u32>(14 * (group & 1)))));
}

/**
 * IQ3_S: 8 bits of index and a ninth elsewhere, a sign for each element, scales of 4 bits for 32 elements.
 */
function threeBits(to: usize, block: usize, grid: usize, group: usize): void {
  const ninth = <u32>load<u8>(block + (group >> 1), 66) >> <u32>((group & 1) << 2);
  const numbers = fourRows(grid, block + 2 + (group << 2), ninth);
  const bits = <u32>load<u8>(block + (group >> 2), 106) >> <u32>((group & 2) << 1);
  put(to, half(block) * <f32>(((bits & 15) << 1) | 1), signed(numbers, load<u16>(block + (group << 1), 74)));
}

/**
 * IQ1_S: for 32 elements four indices of 8 bits, and 16 bits with 3 more for each, a scale and the sign of
 * what is added to all numbers: 1/8. Here all numbers are 8 times as large, and the scale an eighth.
 */
function oneBit(to: usize, block: usize, grid: usize, group: usize): void {
  const word = <u32>load<u16>(block + ((group >> 1) << 1), 34);
  const high = word >> <u32>(6 * (group & 1));
  const at = block + (group << 1);
  const a = <u32>load<u8>(at, 2) | ((high & 7) << 8);
  const b = <u32>load<u8>(at, 3) | ((high & 56) << 5);
  const added = i8x16.splat(word & 0x8000 ? -1 : 1);
  const scale = half(block) * <f32>(((word >> 11) & 14) | 1) * <f32>0.125;
  put(to, scale, i8x16.add(pairOfRows(grid, a, b), added));
}

/** IQ1_M: as IQ1_S, with scales for 16 elements. The half float is made of the upper 4 bits of four words. */
function oneBitMixed(to: usize, block: usize, grid: usize, group: usize): void {
  const scales = load<u64>(block, 48);
  const bits =
    ((scales >> 12) & 15) | ((scales >> 24) & 240) | ((scales >> 36) & 3840) | ((scales >> 48) & 61440);
  const own = <u32>(scales >> (((group >> 2) << 4) + 3 * (group & 3))) & 7;
  const high = <u32>load<u8>(block + group, 32);
  const at = block + (group << 1);
  const a = <u32>load<u8>(at) | ((high & 7) << 8);
  const b = <u32>load<u8>(at, 1) | ((high & 112) << 4);
  const first = high & 8 ? -1 : 0x01010101;
  const second = high & 128 ? -1 : 0x01010101;
  const scale = fromHalf(<u32>bits) * <f32>((own << 1) | 1) * <f32>0.125;
  put(to, scale, i8x16.add(pairOfRows(grid, a, b), i32x4(first, first, second, second)));
}

/** TQ1_0: five digits of base 3 in a byte, as a fraction of 256; the last 16 elements are four in a byte. */
function ternaryDigits(block: usize, group: usize): v128 {
  let bytes: v128;
  let powers: v128;
  if (group == 15) {
    bytes = i32x4.splat(load<u32>(block, 48));
    powers = i32x4(0x01010101, 0x03030303, 0x09090909, 0x1b1b1b1b);
  } else {
    const digit = group < 10 ? group >> 1 : group - 10;
    bytes = v128.load(block + (group < 10 ? (group & 1) << 4 : 32));
    powers = i8x16.splat(load<u8>(POWERS_OF_3 + digit));
  }
  const low = topDigit(i16x8.extmul_low_i8x16_u(bytes, powers));
  const high = topDigit(i16x8.extmul_high_i8x16_u(bytes, powers));
  return i8x16.sub(i8x16.narrow_i16x8_u(low, high), i8x16.splat(1));
}

function topDigit(product: v128): v128 {
  return i16x8.shr_u(i16x8.mul(v128.and(product, i16x8.splat(255)), i16x8.splat(3)), 8);
}

/** A scale of 4 bits for each 16 elements, in quarters, from 1/8 on. */
function quarter(block: usize, scales: usize, group: usize): f32 {
  const bits = <u32>load<u8>(scales + (group >> 1)) >> <u32>((group & 1) << 2);
  return half(block) * (<f32>0.5 + <f32>(bits & 15)) * <f32>0.25;
}

function pairOfRows(grid: usize, a: u32, b: u32): v128 {
  return i64x2(load<i64>(grid + ((<usize>a) << 3)), load<i64>(grid + ((<usize>b) << 3)));
}

/** Rows of 4 numbers, named by 4 bytes at an address, each with one bit more. */
function fourRows(grid: usize, indices: usize, ninth: u32): v128 {
  return i32x4(
    load<i32>(grid + ((<usize>load<u8>(indices) | ((ninth & 1) << 8)) << 2)),
    load<i32>(grid + ((<usize>load<u8>(indices, 1) | ((ninth & 2) << 7)) << 2)),
    load<i32>(grid + ((<usize>load<u8>(indices, 2) | ((ninth & 4) << 6)) << 2)),
    load<i32>(grid + ((<usize>load<u8>(indices, 3) | ((ninth & 8) << 5)) << 2)),
  );
}

/** Twice 7 signs become twice 8: the number of negative ones is even. */
function sevenSigns(bits: u32): u32 {
  const a = bits & 127;
  const b = (bits >> 7) & 127;
  return a | ((popcnt(a) & 1) << 7) | (b << 8) | ((popcnt(b) & 1) << 15);
}

/** Negates the numbers whose bit is set. */
function signed(numbers: v128, bits: u32): v128 {
  const words = i16x8.splat(<i16>bits);
  const spread = i8x16.shuffle(words, words, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const place = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const negative = i8x16.eq(v128.and(spread, place), place);
  return i8x16.sub(v128.xor(numbers, negative), negative);
}

function put(to: usize, scale: f32, integers: v128): void {
  f32.store(to, scale);
  v128.store(to, integers, 4);
}

function half(address: usize): f32 {
  return fromHalf(load<u16>(address));
}
