/**
 * Integrated gradients (Sundararajan et al. 2017): the shares of the tokens in the difference of a score from
 * that of a baseline. Zeros are a bad baseline: norms divide small inputs back to full size, so the score
 * changes almost wholly before the first step. The gap says so.
 */
import type { Model } from "../../engine/model.ts";
import { type Grid, zeros } from "../grid.ts";
import { watch } from "../watching.ts";
import { positionRows } from "./gradients.ts";
import { differentiated, INPUT, type Score, scoreBy } from "./score.ts";

/** Where integrated gradients begin: zeros, positions without tokens, or another id at all positions. */
export type Baseline =
  | { readonly kind: "zero" }
  | { readonly kind: "positions" }
  | { readonly kind: "id"; readonly id: number };

export interface IntegratedGradients {
  readonly ids: readonly number[];
  readonly score: Score;
  readonly baseline: Baseline;
  readonly steps: number;
  /** [T] */
  readonly attributions: Grid;
  readonly sum: number;
  /** The score less that of the baseline. With infinitely many steps the sum is the same. */
  readonly difference: number;
  /** sum - difference */
  readonly gap: number;
}

export interface IntegrationOptions {
  /** Default: id 0 at all positions. */
  readonly baseline?: Baseline | undefined;
  /** Default 64. */
  readonly steps?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each step. */
  readonly onStep?: ((done: number, all: number) => void) | undefined;
}

/** Mean of the gradients at the middles of equal steps from the baseline to the text, times the whole way. */
export async function integratedGradients(
  model: Model,
  ids: readonly number[],
  score: Score,
  { baseline = { kind: "id", id: 0 }, steps = 64, signal, onStep }: IntegrationOptions = {},
): Promise<IntegratedGradients> {
  const input = (await watch(model, ids, { keep: [INPUT], signal })).kept(INPUT).values;
  const from = await baselineRows(model, ids, baseline);
  const way = Float64Array.from(input, (x, i) => x - (from[i] as number));
  const at = (share: number) => Float32Array.from(from, (x, i) => x + share * (way[i] as number));
  const sums = new Float64Array(input.length);
  for (let step = 0; step < steps; step++) {
    onStep?.(step, steps);
    const { gradient } = await differentiated(model, ids, score, at((step + 0.5) / steps), signal);
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (gradient[i] as number);
  }
  const attributions = zeros(ids.length);
  const { nEmbd } = model.config;
  for (let i = 0; i < sums.length; i++) {
    const position = Math.floor(i / nEmbd);
    const share = ((sums[i] as number) / steps) * (way[i] as number);
    attributions.values[position] = (attributions.values[position] as number) + share;
  }
  const [value, start] = [await scoreOf(model, ids, score, input), await scoreOf(model, ids, score, from)];
  const sum = attributions.values.reduce((a, b) => a + b, 0);
  const difference = value - start;
  return { ids, score, baseline, steps, attributions, sum, difference, gap: sum - difference };
}

/** The score of a text with another input of the first block. */
async function scoreOf(
  model: Model,
  ids: readonly number[],
  score: Score,
  input: Float32Array,
): Promise<number> {
  const change = (values: Float32Array, width: number, first: number) =>
    values.set(input.subarray(first * width, first * width + values.length));
  const { logits } = await watch(model, ids, { changes: new Map([[INPUT, change]]) });
  return scoreBy(logits, score);
}

async function baselineRows(model: Model, ids: readonly number[], baseline: Baseline): Promise<Float32Array> {
  const places = baseline.kind === "positions" ? await positionRows(model, ids) : undefined;
  if (baseline.kind !== "id") return places ?? new Float32Array(ids.length * model.config.nEmbd);
  const other = ids.map(() => baseline.id);
  return (await watch(model, other, { keep: [INPUT] })).kept(INPUT).values;
}
