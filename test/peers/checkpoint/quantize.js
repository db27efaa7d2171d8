/** Floats as the bytes of GGUF's tensor types: F32, and Q8_0 and Q4_0 as ggml's reference quantizers make them. */

/** Numbers that share a scale. */
const block = 32;

/**
 * @typedef {object} Quantizer
 * @property {number} id  of the type in a GGUF file
 * @property {(size: number) => number} byteLength
 * @property {(values: Float32Array) => Uint8Array} quantize
 */

/**
 * @param {number} id
 * @param {number} blockBytes
 * @param {(values: Float32Array, out: DataView) => void} quantizeBlock
 * @returns {Quantizer}
 */
const blocks = (id, blockBytes, quantizeBlock) => ({
  id,
  byteLength: (size) => (size / block) * blockBytes,
  quantize(values) {
    const out = new Uint8Array((values.length / block) * blockBytes);
    for (let i = 0, at = 0; i < values.length; i += block, at += blockBytes) {
      quantizeBlock(values.subarray(i, i + block), new DataView(out.buffer, at, blockBytes));
    }
    return out;
  },
});

/** @typedef {keyof typeof quantizers} WeightType */

/** @satisfies {Record<string, Quantizer>} */
export const quantizers = {
  f32: {
    id: 0,
    byteLength: (/** @type {number} */ size) => 4 * size,
    quantize: (/** @type {Float32Array} */ values) =>
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  },
  q4_0: blocks(2, 18, (values, out) => {
    let furthest = 0;
    for (const value of values) if (Math.abs(value) > Math.abs(furthest)) furthest = value;
    const scale = Math.fround(furthest / -8);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    const nibble = (/** @type {number} */ i) => Math.min(15, Math.trunc(Math.fround(values[i] * inverse) + 8.5));
    out.setUint16(0, toHalf(scale), true);
    for (let i = 0; i < block / 2; i++) out.setUint8(2 + i, nibble(i) | (nibble(i + block / 2) << 4));
  }),
  q8_0: blocks(8, 34, (values, out) => {
    let largest = 0;
    for (const value of values) largest = Math.max(largest, Math.abs(value));
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    out.setUint16(0, toHalf(scale), true);
    values.forEach((value, i) => {
      const x = Math.fround(value * inverse);
      out.setInt8(2 + i, Math.sign(x) * Math.round(Math.abs(x)));
    });
  }),
};

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** @param {number} value  below 65504 in size @returns {number} the bits of the nearest F16, ties to even */
function toHalf(value) {
  const subnormal = 2 ** -14;
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  if (Math.abs(value) < subnormal) return sign | roundToEven(Math.abs(value) * 2 ** 24);
  const magnitude = bits[0] & 0x7fffffff;
  return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - (112 << 23)) >>> 13);
}

function roundToEven(/** @type {number} */ x) {
  const floor = Math.floor(x);
  const over = x - floor;
  return over > 0.5 || (over === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
