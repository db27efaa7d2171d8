/** Scalar twins of parallel residual streams: rows hold streams of `width` elements side by side. */
import { at, dot, sum } from "./twins.ts";

/** y * rms(x) / sqrt(max(mean(y^2), 1e-5)) */
export const matchMagnitude = (y: number[][], x: number[][]): number[][] =>
  y.map((row, t) => {
    const wanted = x[t] ?? [];
    const own = Math.sqrt(Math.max(dot(row, row) / row.length, 1e-5));
    return row.map((v) => (v * Math.sqrt(dot(wanted, wanted) / wanted.length)) / own);
  });

/** x_j + sum over k of weights[j count + k] x_k */
export const mixStreams = (x: number[][], weights: number[][], count: number): number[][] =>
  x.map((row, t) => {
    const width = row.length / count;
    return row.map((v, i) => {
      const j = Math.floor(i / width);
      const terms = Array.from(
        { length: count },
        (_, k) => at(weights[t] ?? [], j * count + k) * at(row, k * width + (i % width)),
      );
      return v + sum(terms);
    });
  });

/** streams_j + (1 + weights_j) x, for j from `first` on */
export const addToStreams = (
  streams: number[][],
  x: number[][],
  first: number,
  weights?: number[][],
): number[][] =>
  streams.map((row, t) => {
    const own = x[t] ?? [];
    return row.map((v, i) => {
      const j = Math.floor(i / own.length);
      return j < first ? v : v + (1 + (weights?.[t]?.[j] ?? 0)) * at(own, i % own.length);
    });
  });

/** max(x - (mean + deviations std), 0) of the first `width` elements of a row. */
export const sparsify = (x: number[][], width: number, deviations: number): number[][] =>
  x.map((row) => {
    const own = row.slice(0, width);
    const mean = sum(own) / width;
    const cutoff = mean + deviations * Math.sqrt(sum(own.map((v) => (v - mean) ** 2)) / width);
    return row.map((v, i) => (i < width ? Math.max(v - cutoff, 0) : v));
  });

/** The gradient of `matchMagnitude` with respect to y and x, for a row. */
export function matchMagnitudeBack(y: number[], x: number[], g: number[]): { dy: number[]; dx: number[] } {
  const width = y.length;
  const [a, mean] = [Math.sqrt(dot(x, x) / width), dot(y, y) / width];
  const b = Math.sqrt(Math.max(mean, 1e-5));
  const product = dot(g, y);
  return {
    dy: y.map((v, i) => (at(g, i) * a) / b - (mean > 1e-5 ? (product * a * v) / (width * b ** 3) : 0)),
    dx: x.map((v) => (a > 0 ? (product * v) / (width * a * b) : 0)),
  };
}

/** The gradient of `sparsify` for a row that is sparsified whole. */
export function sparsifyBack(x: number[], deviations: number, g: number[]): number[] {
  const mean = sum(x) / x.length;
  const deviation = Math.sqrt(sum(x.map((v) => (v - mean) ** 2)) / x.length);
  const passing = x.map((v, i) => (v > mean + deviations * deviation ? at(g, i) : 0));
  const total = sum(passing) / x.length;
  const slope = deviation > 0 ? deviations / deviation : 0;
  return passing.map((v, i) => v - total * (1 + slope * (at(x, i) - mean)));
}
