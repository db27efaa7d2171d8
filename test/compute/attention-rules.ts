/**
 * What attention layers may do beside softmax(scale Q K^T) V, for tests of the kernels against their twins.
 */
import { CAUSAL, type Heads, NO_BOUND, type Reach } from "../../src/compute/ops/attention-layers.ts";
import type { AttentionRules } from "../../src/reference/attention.ts";
import type { TestRandom } from "../reference/random.ts";

export interface Rules {
  readonly reach?: Reach;
  readonly softCap?: number;
  readonly bias?: true;
  readonly slopes?: true;
  readonly sinks?: true;
}

export const rules: readonly Rules[] = [
  {},
  { reach: { ...CAUSAL, past: 9 } },
  { reach: { ...CAUSAL, past: 32 } },
  { reach: { ...CAUSAL, chunk: 24 } },
  { reach: { ...CAUSAL, future: NO_BOUND } },
  { reach: { past: 7, future: 7, chunk: 0 } },
  { softCap: 0.9 },
  { bias: true },
  { slopes: true },
  { sinks: true },
  { reach: { ...CAUSAL, past: 40 }, softCap: 2, bias: true, slopes: true, sinks: true },
];

/** Numbers that a layer with all rules reads. */
export interface RuleNumbers {
  readonly slopes: number[];
  readonly sinks: number[];
  /** Biases of the distances -5 to 5 by head. */
  readonly table: number[][];
}

export const drawNumbers = (random: TestRandom, nHead: number): RuleNumbers => ({
  slopes: random.vector(nHead).map((x) => x / 9),
  sinks: random.vector(nHead),
  table: random.matrix(11, nHead),
});

/** The rules of a head, for the twin. */
export const twinRules =
  ({ reach = CAUSAL, softCap, ...has }: Rules, { slopes, sinks, table }: RuleNumbers, scale: number) =>
  (h: number): AttentionRules => ({
    scale,
    reach,
    ...(softCap !== undefined && { softCap }),
    ...(has.sinks && { sink: sinks[h] ?? 0 }),
    bias: (distance) =>
      (has.slopes ? distance * (slopes[h] ?? 0) : 0) +
      (has.bias ? (table[Math.max(-5, Math.min(5, distance)) + 5]?.[h] ?? 0) : 0),
  });

/** A row of [queries | keys | values], cut into its heads. */
export const cut = (row: number[], { nHead, nKvHead, headDim, valueDim }: Heads) => {
  const vectors = (first: number, count: number, width: number) =>
    Array.from({ length: count }, (_, i) => row.slice(first + i * width, first + (i + 1) * width));
  const [keys, values] = [nHead * headDim, (nHead + nKvHead) * headDim];
  return {
    queries: vectors(0, nHead, headDim),
    keys: vectors(keys, nKvHead, headDim),
    values: vectors(values, nKvHead, valueDim),
  };
};
