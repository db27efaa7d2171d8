/**
 * Principal components (Pearson 1901) of some vectors, by orthogonal iteration. The largest element of a
 * component is positive, so that a picture does not flip between runs.
 */
import { dot } from "../attribution/frozen.ts";
import { type Grid, zeros } from "../grid.ts";

export interface Components {
  /** Of each vector along each component, [n, k]. */
  readonly coordinates: Grid;
  /** Share of the variance that each component explains. */
  readonly explained: readonly number[];
}

/** More iterations than two components of embeddings need to settle. */
const ITERATIONS = 100;

/** @param vectors [n, width] */
export function principalComponents({ shape, values }: Grid, count = 2): Components {
  const [n = 0, width = 0] = shape;
  const mean = new Float64Array(width);
  for (const [i, value] of values.entries()) mean[i % width] = (mean[i % width] as number) + value / n;
  const rows = Array.from({ length: n }, (_, row) =>
    Float64Array.from({ length: width }, (_, i) => (values[row * width + i] as number) - (mean[i] as number)),
  );
  let axes: Float64Array[] = Array.from({ length: Math.min(count, width) }, (_, k) =>
    Float64Array.from({ length: width }, (_, i) => Math.sin((k + 1) * (i + 1))),
  );
  axes = orthonormal(axes);
  for (let i = 0; i < ITERATIONS; i++) axes = orthonormal(axes.map((axis) => spread(rows, axis)));
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0);
  const coordinates = zeros(n, axes.length);
  const explained = axes.map((axis, k) => {
    const sign = signOf(axis);
    let variance = 0;
    for (const [row, vector] of rows.entries()) {
      const along = dot(vector, axis);
      variance += along * along;
      coordinates.values[row * axes.length + k] = sign * along;
    }
    return total === 0 ? 0 : variance / total;
  });
  return { coordinates, explained };
}

/** X^T X a */
function spread(rows: readonly Float64Array[], axis: Float64Array): Float64Array {
  const sum = new Float64Array(axis.length);
  for (const row of rows) {
    const along = dot(row, axis);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + along * (row[i] as number);
  }
  return sum;
}

/** Gram and Schmidt. */
function orthonormal(axes: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const axis of axes) {
    const own = axis.slice();
    for (const other of done) {
      const along = dot(own, other);
      for (let i = 0; i < own.length; i++) own[i] = (own[i] as number) - along * (other[i] as number);
    }
    const length = Math.sqrt(dot(own, own)) || 1;
    done.push(own.map((value) => value / length));
  }
  return done;
}

function signOf(axis: Float64Array): 1 | -1 {
  let most = 0;
  for (const value of axis) if (Math.abs(value) > Math.abs(most)) most = value;
  return most < 0 ? -1 : 1;
}
