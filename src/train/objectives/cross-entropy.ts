/** Cross-entropy of rows, each with a target and a weight. */
import { dimensions } from "../../compute/tensor.ts";
import type { HeadRows, TrainedRows } from "../step/head-rows.ts";

export interface WeightedTargets {
  /** Output of each row that is right, or NO_TARGET. */
  readonly targets: readonly number[];
  /** Factor of the gradient of each row. */
  readonly weights: Float32Array;
  /** Share of the probability that is spread over all outputs. */
  readonly smoothing: number;
  /** Divides the outputs. Default 1. */
  readonly temperature?: number | undefined;
}

/** Differentiates the sum of the rows' losses times their weights. Returns the sum of the losses, in nats. */
export async function differentiateRows(
  rows: TrainedRows,
  { targets, weights, smoothing, temperature = 1 }: WeightedTargets,
): Promise<number> {
  let sum = 0;
  await rows.differentiate((outputs, first) => {
    const end = first + dimensions(outputs)[0];
    const [own, factors] = [targets.slice(first, end), weights.subarray(first, end)];
    if (temperature !== 1) rows.gradients.scale(outputs, 1 / temperature);
    sum += total(rows.gradients.crossEntropy(outputs, own, factors, smoothing));
    if (temperature !== 1) rows.gradients.scale(outputs, 1 / temperature);
  });
  return sum;
}

/** The sum of the rows' losses, in nats. */
export async function measureRows(rows: HeadRows, targets: readonly number[]): Promise<number> {
  let sum = 0;
  await rows.read((outputs, first) => {
    const own = targets.slice(first, first + dimensions(outputs)[0]);
    sum += total(rows.gradients.crossEntropy(outputs, own, new Float32Array(own.length), 0));
  });
  return sum;
}

const total = (losses: Float32Array): number => losses.reduce((sum, loss) => sum + loss, 0);
