/**
 * The quantized block types of ggml (ggml-common.h, ggml-quants.c), read 16 integers at a time. A row is a
 * sequence of blocks of 32 elements, or of 256 in the "K" types, whose scales are themselves integers.
 */
import { fromHalf } from "./half";

/** The numbers of 4 bits of MXFP4 (OCP Microscaling Formats 2023), doubled: they are integers then. */
const DOUBLED_E2M1: usize = memory.data<i8>([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

/** The numbers of 4 bits of IQ4_NL and IQ4_XS. */
export const NONLINEAR: usize = memory.data<i8>([
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
]);

/** Bytes of an expanded block: an f32 scale, then 16 integers (expand-blocks.ts). */
export const EXPANDED_BYTES: usize = 20;

/** Ids of ggml; `Expanded` is none of its types. */
export enum GgmlType {
  Q4_0 = 2,
  Q4_1 = 3,
  Q5_0 = 6,
  Q5_1 = 7,
  Q8_0 = 8,
  Q2_K = 10,
  Q3_K = 11,
  Q4_K = 12,
  Q5_K = 13,
  Q6_K = 14,
  IQ2_XXS = 16,
  IQ2_XS = 17,
  IQ3_XXS = 18,
  IQ1_S = 19,
  IQ4_NL = 20,
  IQ3_S = 21,
  IQ2_S = 22,
  IQ4_XS = 23,
  IQ1_M = 29,
  TQ1_0 = 34,
  TQ2_0 = 35,
  MXFP4 = 39,
  Expanded = 255,
}

/** Integers of 16 elements of a row from element `i` on. Types with a min have unsigned integers. */
export function integers(type: GgmlType, row: usize, i: usize): v128 {
  const half = (i >> 4) & 1;
  switch (type) {
    case GgmlType.Q8_0:
      return v128.load(row + (i >> 5) * 34 + (half << 4), 2);
    case GgmlType.Q4_0:
      return i8x16.sub(nibbles(row + (i >> 5) * 18 + 2, half), i8x16.splat(8));
    case GgmlType.Q4_1:
      return nibbles(row + (i >> 5) * 20 + 4, half);
    case GgmlType.MXFP4:
      return i8x16.swizzle(v128.load(DOUBLED_E2M1), codes(type, row, i));
    case GgmlType.IQ4_NL:
    case GgmlType.IQ4_XS:
      return i8x16.swizzle(v128.load(NONLINEAR), codes(type, row, i));
    case GgmlType.Expanded:
      return v128.load(row + (i >> 4) * EXPANDED_BYTES, 4);
    case GgmlType.Q2_K:
      return twoBits(row + (i >> 8) * 84 + 16, i);
    case GgmlType.Q3_K: {
      const block = row + (i >> 8) * 110;
      const bits = i8x16.shr_u(v128.load(block + (half << 4)), <i32>((i >> 5) & 7));
      const third = i8x16.shl(v128.and(bits, i8x16.splat(1)), 2);
      return i8x16.sub(v128.or(twoBits(block + 32, i), third), i8x16.splat(4));
    }
    case GgmlType.Q5_0: {
      const block = row + (i >> 5) * 22;
      return i8x16.sub(v128.or(nibbles(block + 6, half), fifthBits(block + 2, half)), i8x16.splat(16));
    }
    case GgmlType.Q5_1: {
      const block = row + (i >> 5) * 24;
      return v128.or(nibbles(block + 8, half), fifthBits(block + 4, half));
    }
    case GgmlType.Q4_K:
      return pairedNibbles(row + (i >> 8) * 144 + 16, i & 255);
    case GgmlType.Q5_K: {
      const block = row + (i >> 8) * 176;
      const bits = i8x16.shr_u(v128.load(block + (half << 4), 16), <i32>((i >> 5) & 7));
      const fifth = i8x16.shl(v128.and(bits, i8x16.splat(1)), 4);
      return v128.or(pairedNibbles(block + 48, i & 255), fifth);
    }
    default: {
      // Q6_K: 128 elements are four times 32. Their low 4 bits take 64 bytes, their high 2 bits 32 bytes.
      const block = row + (i >> 8) * 210;
      const group = (i >> 7) & 1;
      const quarter = (i >> 5) & 3;
      const low = nibbles(block + (group << 6) + ((quarter & 1) << 5) + (half << 4), quarter >> 1);
      const bits = i8x16.shr_u(v128.load(block + (group << 5) + (half << 4), 128), <i32>(quarter << 1));
      const high = i8x16.shl(v128.and(bits, i8x16.splat(3)), 4);
      return i8x16.sub(v128.or(low, high), i8x16.splat(32));
    }
  }
}

/** Places in the table of numbers of 16 elements of a row from element `i` on, of types with a table. */
export function codes(type: GgmlType, row: usize, i: usize): v128 {
  const half = (i >> 4) & 1;
  if (type == GgmlType.MXFP4) return nibbles(row + (i >> 5) * 17 + 1, half);
  if (type == GgmlType.IQ4_NL) return nibbles(row + (i >> 5) * 18 + 2, half);
  return nibbles(row + (i >> 8) * 136 + 8 + (((i >> 5) & 7) << 4), half);
}

/** The scale of element i of a row. */
export function scale(type: GgmlType, row: usize, i: usize): f32 {
  switch (type) {
    case GgmlType.Q8_0:
      return half(row + (i >> 5) * 34);
    case GgmlType.Q4_0:
    case GgmlType.IQ4_NL:
      return half(row + (i >> 5) * 18);
    case GgmlType.Q4_1:
      return half(row + (i >> 5) * 20);
    case GgmlType.MXFP4:
      return halfPower(load<u8>(row + (i >> 5) * 17));
    case GgmlType.Q5_0:
      return half(row + (i >> 5) * 22);
    case GgmlType.Q5_1:
      return half(row + (i >> 5) * 24);
    case GgmlType.Expanded:
      return load<f32>(row + (i >> 4) * EXPANDED_BYTES);
    default:
      return superScale(type, row, i) * <f32>ownScale(type, row, i);
  }
}

/** The scale of the super-block of element i, in the types that have one. */
export function superScale(type: GgmlType, row: usize, i: usize): f32 {
  const place = i >> 8;
  switch (type) {
    case GgmlType.Q2_K:
      return half(row + place * 84 + 80);
    case GgmlType.Q3_K:
      return half(row + place * 110 + 108);
    case GgmlType.IQ4_XS:
      return half(row + place * 136);
    case GgmlType.Q6_K:
      return half(row + place * 210 + 208);
    default:
      return half(row + place * (type == GgmlType.Q4_K ? 144 : 176));
  }
}

/** The factor of the scale of the super-block for the block of element i. */
export function ownScale(type: GgmlType, row: usize, i: usize): i32 {
  switch (type) {
    case GgmlType.Q2_K:
      return load<u8>(row + (i >> 8) * 84 + ((i >> 4) & 15)) & 15;
    case GgmlType.Q3_K:
      return sixBitsOfSixteen(row + (i >> 8) * 110 + 96, (i >> 4) & 15) - 32;
    case GgmlType.IQ4_XS: {
      const block = row + (i >> 8) * 136;
      const part = (i >> 5) & 7;
      const low = (<u32>load<u8>(block + (part >> 1), 4) >> <u32>((part & 1) << 2)) & 15;
      const high = (<u32>load<u16>(block, 2) >> <u32>(part << 1)) & 3;
      return <i32>(low | (high << 4)) - 32;
    }
    case GgmlType.Q6_K:
      return load<i8>(row + (i >> 8) * 210 + ((i >> 4) & 15), 192);
    default:
      return sixBits(row + (i >> 8) * (type == GgmlType.Q4_K ? 144 : 176) + 4, (i >> 5) & 7, 0);
  }
}

/** The min of element i of a row; 0 in types without a min. */
export function minimum(type: GgmlType, row: usize, i: usize): f32 {
  switch (type) {
    case GgmlType.Q4_1:
      return half(row + (i >> 5) * 20 + 2);
    case GgmlType.Q5_1:
      return half(row + (i >> 5) * 24 + 2);
    case GgmlType.Q2_K:
    case GgmlType.Q4_K:
    case GgmlType.Q5_K:
      return -superMin(type, row, i) * <f32>ownMin(type, row, i);
    default:
      return 0;
  }
}

/** As `superScale`, of the min, which is subtracted. */
export function superMin(type: GgmlType, row: usize, i: usize): f32 {
  if (type == GgmlType.Q2_K) return half(row + (i >> 8) * 84 + 82);
  return half(row + (i >> 8) * (type == GgmlType.Q4_K ? 144 : 176) + 2);
}

/** As `ownScale`, of the min. */
export function ownMin(type: GgmlType, row: usize, i: usize): i32 {
  if (type == GgmlType.Q2_K) return load<u8>(row + (i >> 8) * 84 + ((i >> 4) & 15)) >> 4;
  return sixBits(row + (i >> 8) * (type == GgmlType.Q4_K ? 144 : 176) + 4, (i >> 5) & 7, 4);
}

/** 2^(exponent - 128): half the scale of an MXFP4 block, beside the doubled numbers. */
function halfPower(exponent: u32): f32 {
  return reinterpret<f32>(exponent < 2 ? 0x200000 << exponent : (exponent - 1) << 23);
}

/** The lower (0) or upper (1) 4 bits of 16 bytes. */
function nibbles(address: usize, upper: usize): v128 {
  const bytes = v128.load(address);
  return upper == 0 ? v128.and(bytes, i8x16.splat(15)) : i8x16.shr_u(bytes, 4);
}

/** In Q4_K and Q5_K 32 bytes hold 64 elements, the first 32 in the lower 4 bits. */
function pairedNibbles(address: usize, i: usize): v128 {
  return nibbles(address + ((i >> 6) << 5) + (i & 16), (i >> 5) & 1);
}

/** In Q2_K and Q3_K 128 elements are four times 32, of 2 bits in 32 bytes. */
function twoBits(address: usize, i: usize): v128 {
  const bytes = v128.load(address + (((i >> 7) & 1) << 5) + (i & 16));
  return v128.and(i8x16.shr_u(bytes, <i32>(((i >> 5) & 3) << 1)), i8x16.splat(3));
}

/** 16 of 32 bits, each as a byte of 16 or 0. */
function fifthBits(address: usize, upper: usize): v128 {
  const bytes = i16x8.splat(load<u16>(address + (upper << 1)));
  const spread = i8x16.shuffle(bytes, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const place = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  return v128.and(i8x16.eq(v128.and(spread, place), place), i8x16.splat(16));
}

/** Q4_K and Q5_K hold 8 scales (`first` 0) and 8 mins (`first` 4) of 6 bits in 12 bytes. */
function sixBits(address: usize, i: usize, first: usize): i32 {
  if (i < 4) return load<u8>(address + first + i) & 63;
  const low = load<u8>(address + 4 + i);
  const high = load<u8>(address + first + i - 4) >> 6;
  return (first == 0 ? low & 15 : low >> 4) | (high << 4);
}

/** Q3_K holds 16 scales of 6 bits in 12 bytes: 4 bits of all, then 2 bits of each. */
function sixBitsOfSixteen(address: usize, i: usize): i32 {
  const low = (<i32>load<u8>(address + (i & 7)) >> <i32>((i >> 3) << 2)) & 15;
  const high = (<i32>load<u8>(address + (i & 3), 8) >> <i32>((i >> 2) << 1)) & 3;
  return low | (high << 4);
}

function half(address: usize): f32 {
  return fromHalf(load<u16>(address));
}
