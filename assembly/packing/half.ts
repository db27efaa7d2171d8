/** Conversions from and to IEEE binary16. */

/** 2^112, what a half has too little in its exponent once its bits are in the place of those of a float. */
export const SHIFT: f32 = 5.192296858534828e33;
/**
 * Bit patterns of a float: the sign with the bits that a half fills; the largest finite magnitude of a half
 * in its new place; the exponent of infinity; all bits but the sign.
 */
const BITS: usize = memory.data<i32>([-0x70002000, 0x0f7fffff, 0x7f800000, 0x7fffffff]);

export function fromHalf(half: u32): f32 {
  // Shift into place and multiply by 2^112. This is right for subnormals too.
  const sign = (half & 0x8000) << 16;
  const magnitude = (half & 0x7fff) << 13;
  if (magnitude >= 0x0f800000) return reinterpret<f32>(sign | magnitude | 0x7f800000);
  return reinterpret<f32>(sign | reinterpret<u32>(reinterpret<f32>(magnitude) * SHIFT));
}

/** Four halves as floats. */
export function halves(address: usize): v128 {
  const bits = v128.and(i32x4.shl(v128.load_ext<i16>(address), 13), v128.load_splat<i32>(BITS));
  const magnitude = v128.and(bits, v128.load_splat<i32>(BITS, 12));
  const isInfinite = i32x4.gt_s(magnitude, v128.load_splat<i32>(BITS, 4));
  const exponent = v128.and(isInfinite, v128.load_splat<i32>(BITS, 8));
  return v128.or(f32x4.mul(bits, f32x4.splat(SHIFT)), exponent);
}

/** The bits of a float that binary16 holds exactly, or that is not finite. */
export function halfBits(x: f32): u32 {
  const sign = (reinterpret<u32>(x) >> 16) & 0x8000;
  if (abs(x) <= 65504) return sign | (reinterpret<u32>(abs(x) / SHIFT) >> 13);
  return sign | (abs(x) == Infinity ? 0x7c00 : 0x7e00);
}

/** An element as a float: f32, u16 holding bfloat16, i16 holding float16. */
export function widen<T>(address: usize): f32 {
  if (isFloat<T>()) return load<f32>(address);
  if (isSigned<T>()) return fromHalf(load<u16>(address));
  return reinterpret<f32>((<u32>load<u16>(address)) << 16);
}

/** The nearest binary16 number, ties to even; infinite from 65520 on. */
export function roundToHalf(x: f32): f32 {
  const magnitude = abs(x);
  if (magnitude >= 65520) return copysign<f32>(Infinity, x);
  // Adding 2^13 times the next lower power of two leaves 11 binary digits. Below 2^-14 results are multiples
  // of 2^-24.
  const power = max(reinterpret<u32>(magnitude) & 0x7f800000, 0x38800000);
  const shift = reinterpret<f32>(power + (13 << 23));
  return copysign<f32>(magnitude + shift - shift, x);
}

/** `halfBits` of `roundToHalf` of the eight floats in a and b. */
export function nearestHalves(a: v128, b: v128): v128 {
  return i16x8.narrow_i32x4_u(nearestBits(a), nearestBits(b));
}

function nearestBits(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const power = i32x4.max_s(v128.and(magnitude, i32x4.splat(0x7f800000)), i32x4.splat(0x38800000));
  const shift = i32x4.add(power, i32x4.splat(13 << 23));
  const rounded = f32x4.sub(f32x4.add(magnitude, shift), shift);
  const bits = i32x4.shr_u(f32x4.mul(rounded, f32x4.splat(1 / SHIFT)), 13);
  const isBelow = f32x4.lt(magnitude, f32x4.splat(65520));
  const isOrdered = f32x4.eq(x, x);
  const special = v128.bitselect(i32x4.splat(0x7c00), i32x4.splat(0x7e00), isOrdered);
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  return v128.or(sign, v128.bitselect(bits, special, isBelow));
}
