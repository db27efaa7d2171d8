/** What a model says after a text while directions are added to it, by how much of them is added. */
import type { Model } from "../../engine/model.ts";
import { Distribution } from "../distribution.ts";
import { type Grid, zeros } from "../grid.ts";
import { watch } from "../watching.ts";
import { type Steering, steeringChanges } from "./steering.ts";

/** Shapes: S scales, K ids. */
export interface SteeringEffect {
  /** Numbers of blocks after which a direction is added. */
  readonly layers: readonly number[];
  /** Factors of the directions, which have coefficients of their own too. */
  readonly scales: readonly number[];
  /** The likeliest ids of each scale, those of the first scale first, [K]. */
  readonly ids: Int32Array;
  /** Of these ids to come next, [S, K]. */
  readonly probabilities: Grid;
  /** KL(plain || steered) in nats, [S]. */
  readonly divergence: Grid;
}

export interface SteeringEffectOptions {
  /** Default 0 and 1. */
  readonly scales?: readonly number[] | undefined;
  /** Likeliest ids of each scale. Default 10. */
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function steeringEffect(
  model: Model,
  ids: readonly number[],
  steerings: readonly Steering[],
  { scales = [0, 1], top = 10, signal }: SteeringEffectOptions = {},
): Promise<SteeringEffect> {
  const plain = new Distribution((await watch(model, ids, { signal })).logits);
  const runs: Distribution[] = [];
  for (const scale of scales) {
    const changes = steeringChanges(scaled(steerings, scale));
    runs.push(scale === 0 ? plain : new Distribution((await watch(model, ids, { changes, signal })).logits));
  }
  const likely = [...new Set(runs.flatMap((run) => run.top(top)))];
  const view = { probabilities: zeros(scales.length, likely.length), divergence: zeros(scales.length) };
  for (const [s, run] of runs.entries()) {
    view.probabilities.values.set(
      likely.map((id) => run.probability(id)),
      s * likely.length,
    );
    view.divergence.values[s] = plain.divergence(run);
  }
  return { layers: steerings.map(({ layer }) => layer), scales, ids: Int32Array.from(likely), ...view };
}

/** Directions with coefficients times a factor. */
export const scaled = (steerings: readonly Steering[], scale: number): Steering[] =>
  steerings.map((steering) => ({ ...steering, coefficient: scale * steering.coefficient }));
