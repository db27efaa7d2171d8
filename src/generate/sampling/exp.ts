/**
 * The exponential function and the logarithm of sampling. ECMAScript leaves the last bits of `Math.exp` and
 * `Math.log` to the engine; these are made of the four operations, which IEEE 754 fixes, so a seed gives the
 * same text and the same numbers on every machine.
 */

/** ln 2 in two parts; the upper one ends in 21 zero bits, so its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^-n for n = 0..1022: every negative power of two that is a normal number. */
const POWERS = new Float64Array(1023);
for (let n = 0, power = 1; n < POWERS.length; n++, power /= 2) POWERS[n] = power;

/**
 * e^x for x <= 0, with a relative error below 4e-16; 0 where x < -708. Exactly 1 at 0.
 * x = n ln 2 + r with |r| <= ln 2 / 2, and e^r is its Taylor series to r^13 (the rest is below 5e-18).
 */
export function exp(x: number): number {
  if (x < -708) return 0;
  const n = Math.floor(x * Math.LOG2E + 0.5);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let series = (1 / 6227020800) * r + 1 / 479001600;
  series = series * r + 1 / 39916800;
  series = series * r + 1 / 3628800;
  series = series * r + 1 / 362880;
  series = series * r + 1 / 40320;
  series = series * r + 1 / 5040;
  series = series * r + 1 / 720;
  series = series * r + 1 / 120;
  series = series * r + 1 / 24;
  series = series * r + 1 / 6;
  series = series * r + 1 / 2;
  series = series * r + 1;
  series = series * r + 1;
  return series * (POWERS[-n] as number);
}

/**
 * ln x for a finite x >= 1, with a relative error below 5e-16. Exactly 0 at 1. x = 2^n m with m in (1/sqrt 2,
 * sqrt 2], and ln m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172, is its Taylor series to s^21 (the
 * rest is below 2e-19).
 */
export function log(x: number): number {
  let n = 0;
  let m = x;
  for (; m > Math.SQRT2; m /= 2) n++;
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let series = 1 / 21;
  for (let power = 19; power > 0; power -= 2) series = series * square + 1 / power;
  return n * LN2_HIGH + (n * LN2_LOW + 2 * s * series);
}
