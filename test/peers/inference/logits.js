/** How far logits lie apart. A constant that is added to all of them changes no probability: it is left out. */

/** @typedef {Float32Array | Float64Array} Logits */

/**
 * @param {Logits} found
 * @param {Logits} expected
 * @returns {number} the root mean square of the difference as a share of the expected deviation
 */
export function distance(found, expected) {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  return deviation(Float64Array.from(expected, (value, id) => value - found[id])) / deviation(expected);
}

/** The standard deviation. @param {Logits} values */
export function deviation(values) {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value ** 2;
  }
  const mean = sum / values.length;
  return Math.sqrt(squares / values.length - mean ** 2);
}
