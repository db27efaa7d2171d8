/** Scalar twins of the operations of recurrent layers. A sequence starts with zeros. */
import { at, dot, silu, sum } from "./twins.ts";

/** out[t][c] = f(bias[c] + sum over j of w[c][j] x[t - taps + 1 + j][c]) */
export function convolution(
  x: number[][],
  weights: number[][],
  bias?: number[],
  activate = false,
): number[][] {
  return x.map((_, t) =>
    weights.map((taps, c) => {
      const inputs = taps.map((_, j) => x[t - taps.length + 1 + j]?.[c] ?? 0);
      const y = dot(inputs, taps) + (bias?.[c] ?? 0);
      return activate ? silu(y) : y;
    }),
  );
}

const softplus = (x: number): number => Math.log1p(Math.exp(x));

/** The step and the decay of a head. */
export function recurrenceGate(
  x: number,
  bias: number,
  rate: number,
  beta?: number,
): [step: number, decay: number] {
  const step = softplus(x + bias);
  return [beta === undefined ? step : 1 / (1 + Math.exp(-beta)), Math.exp(rate * step)];
}

/** A row of one head. */
export interface HeadRow {
  readonly key: number[];
  readonly query: number[];
  readonly value: number[];
  readonly step: number;
  readonly decay: number;
}

/** One head: S <- g S + k d^T with d = b (v - g S^T k) or b v; out = S^T q + skip v */
export function recurrence(rows: readonly HeadRow[], delta: boolean, skip = 0): number[][] {
  let state: number[][] = [];
  return rows.map(({ key, query, value, step, decay }) => {
    const decayed = key.map((_, i) => value.map((_, j) => decay * (state[i]?.[j] ?? 0)));
    const change = value.map((v, j) => {
      const known = delta ? sum(decayed.map((row, i) => at(row, j) * at(key, i))) : 0;
      return step * (v - known);
    });
    state = decayed.map((row, i) => row.map((s, j) => s + at(key, i) * at(change, j)));
    return value.map((v, j) => sum(state.map((row, i) => at(row, j) * at(query, i))) + skip * v);
  });
}
