/** Scalar twins of the gradients of recurrent layers and gates, in doubles and plain loops. */
import { siluSlope } from "./gradients.ts";
import { convolution, type HeadRow, recurrenceGate } from "./recurrent.ts";
import { at, dot, sigmoid, silu, sum } from "./twins.ts";

type Rows = number[][];

/** Gradients of x f(gate), element by element. */
export function gateBack(
  x: number,
  gate: number,
  isSilu: boolean,
  dy: number,
): { dx: number; dgate: number } {
  const s = sigmoid(gate);
  return {
    dx: dy * (isSilu ? silu(gate) : s),
    dgate: dy * x * (isSilu ? siluSlope(gate) : s * (1 - s)),
  };
}

export function convolutionBack(
  x: Rows,
  weights: Rows,
  bias: number[] | undefined,
  isSilu: boolean,
  dy: Rows,
) {
  const z = convolution(x, weights, bias);
  const dz = dy.map((row, t) => row.map((g, c) => g * (isSilu ? siluSlope(at(z[t] ?? [], c)) : 1)));
  const taps = weights[0]?.length ?? 0;
  const slope = (t: number, c: number) => dz[t]?.[c] ?? 0;
  return {
    dx: x.map((row, t) =>
      row.map((_, c) => sum((weights[c] ?? []).map((w, j) => w * slope(t + taps - 1 - j, c)))),
    ),
    dw: weights.map((own, c) =>
      own.map((_, j) => sum(x.map((_, t) => slope(t, c) * (x[t - taps + 1 + j]?.[c] ?? 0)))),
    ),
    db: weights.map((_, c) => sum(x.map((_, t) => slope(t, c)))),
  };
}

/** Gradients of the step and the decay of a head with respect to x, which is that of the bias too. */
export function recurrenceGateBack(
  x: number,
  bias: number,
  rate: number,
  beta: number | undefined,
  dstep: number,
  ddecay: number,
): { dx: number; drate: number; dbeta: number } {
  const [, decay] = recurrenceGate(x, bias, rate);
  const softplus = Math.log1p(Math.exp(x + bias));
  const share = sigmoid(beta ?? 0);
  const slope = ddecay * decay * rate + (beta === undefined ? dstep : 0);
  return {
    dx: slope * sigmoid(x + bias),
    drate: ddecay * decay * softplus,
    dbeta: beta === undefined ? 0 : dstep * share * (1 - share),
  };
}

/** The gradient of a row, laid out like the row itself, with that of the skip factor. */
export type HeadSlope = HeadRow & { readonly skip: number };

/** Gradients of one head, through all its states. */
export function recurrenceBack(
  rows: readonly HeadRow[],
  delta: boolean,
  skip: number,
  dy: Rows,
): HeadSlope[] {
  const states: Rows[] = [(rows[0]?.key ?? []).map(() => (rows[0]?.value ?? []).map(() => 0))];
  const changes: Rows = [];
  for (const { key, value, step, decay } of rows) {
    const before = states.at(-1) as Rows;
    const known = value.map((_, j) =>
      delta ? decay * sum(key.map((k, i) => k * at(before[i] ?? [], j))) : 0,
    );
    const change = value.map((v, j) => step * (v - at(known, j)));
    changes.push(value.map((v, j) => v - at(known, j)));
    states.push(before.map((row, i) => row.map((s, j) => decay * s + at(key, i) * at(change, j))));
  }
  let D = (states[0] as Rows).map((row) => row.map(() => 0));
  return rows
    .map((row, t) => ({ row, t }))
    .toReversed()
    .map(({ row: { key, query, value, step, decay }, t }) => {
      const [before, after, own] = [states[t] as Rows, states[t + 1] as Rows, changes[t] as number[]];
      const dout = dy[t] ?? [];
      D = D.map((row, i) => row.map((d, j) => d + at(query, i) * at(dout, j)));
      const dchange = value.map((_, j) => sum(key.map((k, i) => k * at(D[i] ?? [], j))));
      const taken = dchange.map((d) => (delta ? step * d : 0));
      const dkey = key.map((_, i) =>
        sum(
          value.map(
            (_, j) => at(D[i] ?? [], j) * step * at(own, j) - at(taken, j) * decay * at(before[i] ?? [], j),
          ),
        ),
      );
      D = D.map((row, i) => row.map((d, j) => d - at(key, i) * at(taken, j)));
      const ddecay = sum(D.map((row, i) => dot(row, before[i] ?? [])));
      D = D.map((row) => row.map((d) => decay * d));
      return {
        key: dkey,
        query: query.map((_, i) => dot(after[i] ?? [], dout)),
        value: value.map((_, j) => step * at(dchange, j) + skip * at(dout, j)),
        step: dot(dchange, own),
        decay: ddecay,
        skip: dot(dout, value),
      };
    })
    .toReversed();
}
