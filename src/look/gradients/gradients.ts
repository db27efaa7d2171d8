/** Saliency, and gradient x input: what a model says by a small change of each token. */
import type { Model } from "../../engine/model.ts";
import { dot } from "../attribution/frozen.ts";
import { type Grid, zeros } from "../grid.ts";
import { watch } from "../watching.ts";
import { differentiated, type Score } from "./score.ts";

/** Shapes: T positions. */
export interface Gradients {
  readonly ids: readonly number[];
  readonly score: Score;
  /** Its value. */
  readonly value: number;
  /** Length of the gradient of each position, [T]. */
  readonly saliency: Grid;
  /** What the input of each position says in the direction of its gradient, [T]. */
  readonly gradientXInput: Grid;
  /** The same without the table of positions, [T]. */
  readonly gradientXToken: Grid;
}

export async function gradients(
  model: Model,
  ids: readonly number[],
  score: Score,
  signal?: AbortSignal,
): Promise<Gradients> {
  const { value, input, gradient } = await differentiated(model, ids, score, undefined, signal);
  const places = await positionRows(model, ids);
  const length = ids.length;
  const view = { saliency: zeros(length), gradientXInput: zeros(length), gradientXToken: zeros(length) };
  const { nEmbd } = model.config;
  for (let i = 0; i < length; i++) {
    const [x, g] = [input, gradient].map((all) => all.subarray(i * nEmbd, (i + 1) * nEmbd)) as [
      Float32Array,
      Float32Array,
    ];
    const whole = dot(x, g);
    view.saliency.values[i] = Math.sqrt(dot(g, g));
    view.gradientXInput.values[i] = whole;
    view.gradientXToken.values[i] = places
      ? whole - dot(places.subarray(i * nEmbd, (i + 1) * nEmbd), g)
      : whole;
  }
  return { ids, score, value, ...view };
}

/** Rows of the table of positions, if one is added: [T, C] */
export async function positionRows(model: Model, ids: readonly number[]): Promise<Float32Array | undefined> {
  const name = await model.compute((_, { embedding }) => embedding.positions?.name);
  return name === undefined ? undefined : (await watch(model, ids, { keep: [name] })).kept(name).values;
}
