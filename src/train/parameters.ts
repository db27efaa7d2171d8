/** Trained weights, each with its gradient and the two moments of the gradient in the same panels. */

import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import type { OptimizerOps, RepeatedRows, TrainedMatrix } from "../compute/training/optimizer-ops.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { earlierPart, type StoredWeight } from "../weights/resolve.ts";

/** A weight in memory, and its place in the checkpoint. */
export interface Weight {
  readonly stored: StoredWeight;
  readonly value: Matrix;
  /** Factor of the learning rate. Default 1. */
  readonly rate?: number | undefined;
}

export interface Parameter extends Weight, TrainedMatrix {
  /** Whether weight decay applies: to matrices, not to biases and norms. */
  readonly decayed: boolean;
  /** Whether ln(-value) is trained, as PyTorch's models store it: a decay rate stays below zero. */
  readonly logarithmic: boolean;
  /** What a file subtracts from it: 1 for norms that multiply by 1 + weight. */
  readonly less: number;
  /** Rows that are one tensor, and stay equal. */
  readonly repeats: readonly RepeatedRows[];
}

function repeatsIn(weight: StoredWeight): RepeatedRows[] {
  const { parts } = weight;
  const firstOf = (number: number) => parts.slice(0, number).reduce((sum, { outputs }) => sum + outputs, 0);
  return parts.flatMap(({ outputs }, i) => {
    const earlier = earlierPart(weight, i);
    return earlier < i ? [{ first: firstOf(earlier), again: firstOf(i), count: outputs }] : [];
  });
}

/** Matrices by canonical name. */
export type Matrices = ReadonlyMap<string, Matrix>;

/**
 * Makes weights trainable.
 *
 * @param moments of a resumed run; zeros without them
 */
export function createParameters(
  packing: Packing,
  ops: OptimizerOps,
  weights: readonly Weight[],
  moments: readonly [Matrices, Matrices] = [new Map(), new Map()],
): Parameter[] {
  return weights.map(({ stored, value, rate }) => {
    const { name, shape, kind } = stored.spec;
    const zeros = () => {
      const matrix = packing.matrix(value.outputs, value.inputs, "f32");
      ops.clear(matrix);
      return matrix;
    };
    const [first, second] = moments;
    return {
      stored,
      value,
      rate,
      decayed: shape.length === 2,
      logarithmic: kind === "rate",
      less: stored.parts[0]?.source.less ?? 0,
      repeats: repeatsIn(stored),
      gradient: zeros(),
      moments: [first.get(name) ?? zeros(), second.get(name) ?? zeros()],
    };
  });
}

/**
 * The weights that are not frozen.
 *
 * @param frozen stored names, in which * stands for any text
 * @throws GptError `usage` for a name that no weight has, and if no weight is left
 */
export function unfrozen<T extends StoredWeight>(weights: readonly T[], frozen: readonly string[]): T[] {
  const patterns = frozen.map((name) => new RegExp(`^${name.split("*").map(escapeRegExp).join(".*")}$`, "s"));
  const isNamed = ({ parts }: T, pattern: RegExp) => parts.some(({ stored }) => pattern.test(stored.name));
  const stray = patterns.findIndex((pattern) => !weights.some((weight) => isNamed(weight, pattern)));
  const example = weights[0]?.parts[0]?.stored.name;
  if (stray >= 0) {
    throw new GptError(
      "usage",
      `freeze: no weight is named ${quote(frozen[stray])}; the first is named ${quote(example)}, * stands for any text`,
    );
  }
  const left = weights.filter((weight) => !patterns.some((pattern) => isNamed(weight, pattern)));
  if (left.length === 0)
    throw new GptError("usage", "freeze: all weights are frozen, so there is nothing to train");
  return left;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
