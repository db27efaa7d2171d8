/** Scalar twins: each kernel as its formula, in doubles and plain loops. They specify the kernels. */

/** out[t][n] = bias[n] + sum over k of x[t][k] w[n][k] */
export function matmul(x: number[][], w: number[][], bias?: number[]): number[][] {
  return x.map((row) => w.map((weights, n) => dot(row, weights) + (bias?.[n] ?? 0)));
}

export function layerNorm(x: number[][], weight: number[], bias: number[], epsilon: number): number[][] {
  return x.map((row) => {
    const mean = sum(row) / row.length;
    const variance = sum(row.map((v) => (v - mean) ** 2)) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * at(weight, i) + at(bias, i));
  });
}

export function rmsNorm(x: number[][], weight: number[], epsilon: number): number[][] {
  return x.map((row) => {
    const scale = 1 / Math.sqrt(dot(row, row) / row.length + epsilon);
    return row.map((v, i) => v * scale * at(weight, i));
  });
}

export const silu = (x: number): number => x / (1 + Math.exp(-x));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** GELU by a steeper sigmoid (Hendrycks & Gimpel 2016). */
export const quickGelu = (x: number): number => x * sigmoid(1.702 * x);

export const relu6 = (x: number): number => Math.min(relu(x), 6);

export const reluSquared = (x: number): number => relu(x) ** 2;

/** One element of SwiGLU with bounds (gpt-oss). */
export function clampedSwiglu(gate: number, up: number): number {
  const g = Math.min(gate, 7);
  return (Math.max(-7, Math.min(up, 7)) + 1) * (g / (1 + Math.exp(-1.702 * g)));
}

export const softCap = (x: number, cap: number): number => cap * Math.tanh(x / cap);

export const relu = (x: number): number => Math.max(x, 0);

export const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const geluErf = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** The error function by its Maclaurin series, summed until it no longer changes; |x| up to about 5. */
export function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; total + term !== total || n < 10; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
    if (n > 200) break;
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

/** out[t][i] = x[t][i] y[t][first + i] */
export const multiply = (x: number[][], y: number[][], first: number): number[][] =>
  x.map((row, t) => row.map((v, i) => v * at(y[t] ?? [], first + i)));

export function softmax(x: number[]): number[] {
  const largest = Math.max(...x);
  const e = x.map((v) => Math.exp(v - largest));
  const total = sum(e);
  return e.map((v) => v / total);
}

/** Place of the largest number, and ln sum e^(x - largest). */
export function logSum(x: number[]): [place: number, logSum: number] {
  const largest = Math.max(...x);
  return [x.indexOf(largest), Math.log(sum(x.map((v) => Math.exp(v - largest))))];
}

/** Kullback-Leibler divergence of softmax(b) from softmax(a): sum p (ln p - ln q). */
export function divergence(a: number[], b: number[]): number {
  const [[top, logSumA], [otherTop, logSumB]] = [logSum(a), logSum(b)];
  return sum(
    a.map((x, i) => {
      const logP = x - at(a, top) - logSumA;
      return Math.exp(logP) === 0 ? 0 : Math.exp(logP) * (logP - (at(b, i) - at(b, otherTop) - logSumB));
    }),
  );
}

/** ln sum e^x, entropy, rank and logit of each id, id and logit of the largest. */
export function reading(x: number[], ids: number[], top: number): number[] {
  const [place, logarithm] = logSum(x);
  const all = at(x, place) + logarithm;
  const entropy = -sum(x.map((v) => (v === -Infinity ? 0 : Math.exp(v - all) * (v - all))));
  const rank = (id: number) => (id < x.length ? 1 + x.filter((v) => v > at(x, id)).length : 0);
  const best = x.map((_, i) => i).sort((a, b) => at(x, b) - at(x, a));
  return [
    ...[all, entropy],
    ...ids.flatMap((id) => [rank(id), x[id] ?? Number.NaN]),
    ...best.slice(0, top).flatMap((id) => [id, at(x, id)]),
  ];
}

/** Entropy of attention weights, mean distance to the keys, and sums over groups of `pool` keys. */
export function weightSummary(weights: number[], position: number, pool: number, cells: number): number[] {
  return [
    -sum(weights.map((a) => (a === 0 ? 0 : a * Math.log(a)))),
    sum(weights.map((a, j) => a * (position - j))),
    ...Array.from({ length: cells }, (_, cell) => sum(weights.slice(cell * pool, (cell + 1) * pool))),
  ];
}

/** Turns (x[i], x[i + R/2]) by position * frequency[i], for R/2 frequencies. Dimensions from R on pass. */
export function rope(head: number[], position: number, frequencies: number[]): number[] {
  const half = frequencies.length;
  return head.map((v, i) => {
    if (i >= 2 * half) return v;
    const angle = position * at(frequencies, i % half);
    const partner = at(head, (i + half) % (2 * half));
    return i < half
      ? v * Math.cos(angle) - partner * Math.sin(angle)
      : v * Math.cos(angle) + partner * Math.sin(angle);
  });
}

export const sum = (x: number[]): number => x.reduce((total, v) => total + v, 0);

export function dot(a: number[], b: number[]): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers times ${b.length}`);
  let total = 0;
  for (let i = 0; i < a.length; i++) total += at(a, i) * at(b, i);
  return total;
}

export function at(x: readonly number[], i: number): number {
  const value = x[i];
  if (value === undefined) throw new RangeError(`element ${i} of ${x.length}`);
  return value;
}
