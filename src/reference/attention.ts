/** Attention of one head over a whole sequence, and its gradient: formulas in doubles and plain loops. */
import type { Reach } from "../compute/ops/attention-layers.ts";
import { at, dot, softmax, sum } from "./twins.ts";

type Rows = number[][];

/** What attention does beside softmax(scale Q K^T) V. */
export interface AttentionRules {
  readonly scale: number;
  /** Default: all before and itself. */
  readonly reach?: Reach;
  /** Scores s become c tanh(s / c). */
  readonly softCap?: number;
  /** Added to the scores of a key at this distance: its position minus that of the query. */
  readonly bias?: (distance: number) => number;
  /** One more score, whose share is dropped. */
  readonly sink?: number;
  /** Factors of the weights by dropout, [queries][keys]. */
  readonly keep?: Rows | undefined;
}

/** Whether a row at position i sees the key at position j. */
export function sees(i: number, j: number, { past, future, chunk }: Reach): boolean {
  const begin = chunk === 0 ? i - past : i - (i % chunk);
  return begin <= j && j <= i + future;
}

/** Weights of a query at position i, by key; those of keys that it does not see are 0. */
function weightsOf(query: number[], keys: Rows, i: number, rules: AttentionRules) {
  const { scale, softCap, bias, sink, reach = { past: i, future: 0, chunk: 0 } } = rules;
  const seen = keys.flatMap((_, j) => (sees(i, j, reach) ? [j] : []));
  const raw = seen.map((j) => scale * dot(query, keys[j] ?? []));
  const capped = raw.map((s) => (softCap === undefined ? s : softCap * Math.tanh(s / softCap)));
  const scores = capped.map((s, n) => s + (bias?.(at(seen, n) - i) ?? 0));
  const weights = softmax(sink === undefined ? scores : [...scores, sink]);
  return { seen, capped, weights, sinkWeight: sink === undefined ? 0 : at(weights, seen.length) };
}

/** Output of a query at position i. */
export function attendRow(
  query: number[],
  keys: Rows,
  values: Rows,
  i: number,
  rules: AttentionRules,
): number[] {
  const { seen, weights } = weightsOf(query, keys, i, rules);
  return (values[0] ?? []).map((_, d) =>
    sum(seen.map((j, n) => at(weights, n) * (rules.keep?.[i]?.[j] ?? 1) * at(values[j] ?? [], d))),
  );
}

/** Gradients of queries, keys, values and sink, and of the bias by distance. */
export function attentionGradient(q: Rows, k: Rows, v: Rows, rules: AttentionRules, dout: Rows) {
  const zeros = (like: Rows): Rows => like.map((row) => row.map(() => 0));
  const [dq, dk, dv] = [zeros(q), zeros(k), zeros(v)];
  const dbias = new Map<number, number>();
  let dsink = 0;
  const { scale, softCap, keep } = rules;
  for (const [i, query] of q.entries()) {
    const { seen, capped, weights, sinkWeight } = weightsOf(query, k, i, rules);
    const kept = seen.map((j) => keep?.[i]?.[j] ?? 1);
    const dp = seen.map((j, n) => at(kept, n) * dot(dout[i] ?? [], v[j] ?? []));
    const expected = sum(dp.map((d, n) => d * at(weights, n)));
    dsink -= sinkWeight * expected;
    for (const [n, j] of seen.entries()) {
      const weight = at(weights, n);
      const dscore = weight * (at(dp, n) - expected);
      dbias.set(j - i, (dbias.get(j - i) ?? 0) + dscore);
      const slope = softCap === undefined ? 1 : 1 - (at(capped, n) / softCap) ** 2;
      addTo(dq[i], k[j], scale * slope * dscore);
      addTo(dk[j], query, scale * slope * dscore);
      addTo(dv[j], dout[i], weight * at(kept, n));
    }
  }
  return { dq, dk, dv, dsink, dbias };
}

function addTo(target: number[] = [], x: number[] = [], factor: number): void {
  for (const [d, value] of x.entries()) target[d] = at(target, d) + factor * value;
}
