/** A direction that is added to the residual stream while a text runs (Turner et al. 2023). */
import { type Observer, ObservingOps } from "../../compute/ops/observing-ops.ts";
import type { Model } from "../../engine/model.ts";
import { allOf, hiddenName } from "../parts.ts";
import { type Change, hiddenNames, watch } from "../watching.ts";

export interface Steering {
  /** The residual stream after this number of blocks. */
  readonly layer: number;
  /** [C] */
  readonly direction: Float32Array;
  readonly coefficient: number;
}

/** The changes of a run that is steered, by the names of results. */
export function steeringChanges(steerings: readonly Steering[]): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const { layer, direction, coefficient } of steerings) {
    const name = hiddenName(layer);
    const own: Change = (values, width) => {
      for (let i = 0; i < values.length; i++) {
        values[i] = (values[i] as number) + coefficient * (direction[i % width] as number);
      }
    };
    const before = changes.get(name);
    changes.set(name, before ? allOf([before, own]) : own);
  }
  return changes;
}

/** A model that is steered, with sessions of its own. It works until the other one is closed. */
export function steered(model: Model, steerings: readonly Steering[]): Model {
  const changes = steeringChanges(steerings);
  const observer: Observer = {
    wants: (name) => changes.has(name),
    see(name, shape, values) {
      changes.get(name)?.(values, shape[1] as number, 0);
      return values;
    },
  };
  return model.decorated((ops) => new ObservingOps(ops, observer));
}

/**
 * The direction from one prompt to another: the difference of the last rows of the residual stream after each
 * number of blocks, from 0 to L.
 */
export async function directionsBetween(
  model: Model,
  from: readonly number[],
  to: readonly number[],
): Promise<Float32Array[]> {
  const names = hiddenNames(model);
  const runs = [await watch(model, from, { keep: names }), await watch(model, to, { keep: names })] as const;
  return names.map((name) => {
    const [a, b] = runs.map(({ kept }) => {
      const { values, shape } = kept(name);
      return values.subarray(values.length - (shape[1] as number));
    }) as [Float32Array, Float32Array];
    return b.map((value, i) => value - (a[i] as number));
  });
}
