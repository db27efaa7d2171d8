/** Seeded normal numbers: xoshiro128** (Blackman & Vigna 2018) through the transform of Box & Muller (1958). */

const rotate = (/** @type {number} */ x, /** @type {number} */ k) => (x << k) | (x >>> (32 - k));

/** @param {number} seed @returns {() => number} 32 random bits at a call, as a signed integer */
function xoshiro128(seed) {
  // The state is filled by a Weyl sequence through a mixer, as the authors advise.
  let weyl = seed | 0;
  const mix = () => {
    weyl = (weyl + 0x9e3779b9) | 0;
    let z = Math.imul(weyl ^ (weyl >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

/**
 * @param {number} seed
 * @returns {(out: Float32Array, mean: number, deviation: number) => void} fills `out`; successive calls continue
 *   one stream
 */
export function normalNumbers(seed) {
  const bits = xoshiro128(seed);
  const uniform = () => ((bits() >>> 0) + 0.5) / 2 ** 32;
  return (out, mean, deviation) => {
    for (let i = 0; i < out.length; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log(uniform()));
      const angle = 2 * Math.PI * uniform();
      out[i] = mean + radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = mean + radius * Math.sin(angle);
    }
  };
}
