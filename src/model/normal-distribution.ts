/** The standard normal distribution: its function P(x) = p and the inverse. */

/** Newton's method stops when a step is smaller. */
const STEP = 1e-14;

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** 1/2 + density(x) (x + x^3 / 3 + x^5 / (3 5) + ...) (Marsaglia 2004) */
export function normalProbability(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + density(x) * sum;
}

/** The x with P(x) = p. From 0 on Newton's steps come nearer from one side. @param p above 0 and below 1 */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  let x = 0;
  for (let step = 1; step > STEP; x += step) step = (p - normalProbability(x)) / density(x);
  return x;
}
