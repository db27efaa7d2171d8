/** Rounds to 16 bits, half precision (IEEE 754) or bfloat16: to the nearest, ties to even. */

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of a number as f32. */
function bitsOf(value: number): number {
  float[0] = value;
  return word[0] as number;
}

function fromBits(bits: number): number {
  word[0] = bits;
  return float[0] as number;
}

/** The bits of the nearest half-precision float. Beyond 65,504 it is infinity. */
export function toHalf(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // The sum rounds.
  if (magnitude < 0x38800000) return sign | (bitsOf(fromBits(magnitude) + 0.5) - 0x3f000000);
  const rebiased = magnitude - (112 << 23);
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

/** The bits of the nearest bfloat16. */
export function toBfloat16(value: number): number {
  const bits = bitsOf(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
