/** The weights that are trained, each with its gradient and the two moments of it, in the same panels. */
import type { OptimizerOps, TrainedMatrix } from "../compute/optimizer-ops.ts";
import type { Packing } from "../compute/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import type { ResolvedWeight } from "../model/families/resolve.ts";

export interface Parameter extends TrainedMatrix {
  /** Where it came from and how it is stored. */
  readonly weight: ResolvedWeight;
  /** Whether weight decay applies: to matrices, not to biases and norms. */
  readonly decayed: boolean;
}

/** Matrices by canonical name. */
export type Matrices = ReadonlyMap<string, Matrix>;

/**
 * @param values the weights in memory
 * @param moments of a run that is continued; zeros without them
 */
export function createParameters(
  packing: Packing,
  ops: OptimizerOps,
  weights: readonly ResolvedWeight[],
  values: Matrices,
  moments: readonly [Matrices, Matrices] = [new Map(), new Map()],
): Parameter[] {
  return weights.map((weight) => {
    const { name, shape } = weight.spec;
    const value = values.get(name);
    if (value === undefined) throw new Error(`no matrix for ${name}`);
    const zeros = () => {
      const matrix = packing.matrix(value.outputs, value.inputs, "f32");
      ops.clear(matrix);
      return matrix;
    };
    const [first, second] = moments;
    return {
      weight,
      decayed: shape.length === 2,
      value,
      gradient: zeros(),
      moments: [first.get(name) ?? zeros(), second.get(name) ?? zeros()],
    };
  });
}

/** Addresses of the gradients by the address of what they are gradients of. */
export const gradientAddresses = (parameters: readonly Parameter[]): ReadonlyMap<number, number> =>
  new Map(parameters.map(({ value, gradient }) => [value.ptr, gradient.ptr]));
