/** Steps along a direction in the space of the weights, for finite differences. */
import type { Weights } from "../reference/decoder.ts";

/** The weights with one of them moved along a direction. */
export function moved(
  { matrices, vectors }: Weights,
  name: string,
  direction: number[][],
  by: number,
): Weights {
  const sumOf = (rows: number[][]) =>
    rows.map((row, i) => row.map((v, j) => v + by * (direction[i]?.[j] ?? 0)));
  const matrix = matrices.get(name);
  if (matrix) return { vectors, matrices: new Map(matrices).set(name, sumOf(matrix)) };
  const vector = (vectors.get(name) ?? []).map((v) => [v]);
  return { matrices, vectors: new Map(vectors).set(name, sumOf(vector).flat()) };
}
