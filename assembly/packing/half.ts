/** Conversions from and to IEEE binary16. */

export function fromHalf(half: u32): f32 {
  // Shift into place and multiply by 2^112. This is right for subnormals too.
  const sign = (half & 0x8000) << 16;
  const magnitude = (half & 0x7fff) << 13;
  if (magnitude >= 0x0f800000) return reinterpret<f32>(sign | magnitude | 0x7f800000);
  return reinterpret<f32>(sign | reinterpret<u32>(reinterpret<f32>(magnitude) * <f32>5.192296858534828e33));
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

/** The bits of the nearest binary16 number, as `roundToHalf`. */
export function toHalf(x: f32): u32 {
  const rounded = reinterpret<u32>(roundToHalf(x));
  const sign = (rounded >> 16) & 0x8000;
  const magnitude = rounded & 0x7fffffff;
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  // Times 2^-112, which is exact for multiples of 2^-24: the exponent of a half, and its subnormals.
  return sign | (reinterpret<u32>(reinterpret<f32>(magnitude) * <f32>1.925929944387236e-34) >> 13);
}
