/**
 * Directions in the residual stream, followed back through layers whose divisors are kept as a run had them.
 * A norm is then linear, so what a sum says in a direction is the sum of what its parts say.
 */
import type { Linear, Norm, Ops } from "../../compute/ops/ops.ts";
import { matrixRows } from "../modules.ts";

/** A direction before a layer, and what the layer's bias says in the direction after it. */
export interface Before {
  readonly direction: Float64Array;
  readonly bias: number;
}

/** Through y = gain (x - mean x) / s + bias; RMS norms do not subtract the mean. @param input x of the run */
export function throughNorm(ops: Ops, norm: Norm, input: Float32Array, u: Float64Array): Before {
  const gain = ops.read(norm.weight);
  const divisor = divisorOf(norm, input);
  const direction = u.map((value, i) => (value * (gain[i] as number)) / divisor);
  if (norm.bias === undefined) return { direction, bias: 0 };
  const mean = average(direction);
  return { direction: direction.map((value) => value - mean), bias: dot(ops.read(norm.bias), u) };
}

/** sqrt(variance + epsilon), or for RMS norms sqrt(mean square + epsilon). */
export function divisorOf({ bias, epsilon }: Norm, input: Float32Array): number {
  const mean = bias ? average(input) : 0;
  let squares = 0;
  for (const value of input) squares += (value - mean) ** 2;
  return Math.sqrt(squares / input.length + epsilon);
}

/** Through y = W x + b. */
export function throughLinear(ops: Ops, { weight, bias }: Linear, u: Float64Array): Before {
  const { inputs } = weight;
  const rows = matrixRows(ops, weight);
  const direction = new Float64Array(inputs);
  for (let row = 0; row < u.length; row++) {
    const factor = u[row] as number;
    for (let i = 0; i < inputs; i++) {
      direction[i] = (direction[i] as number) + factor * (rows[row * inputs + i] as number);
    }
  }
  return { direction, bias: bias ? dot(ops.read(bias), u) : 0 };
}

/** The sum of products. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const average = (values: Float32Array | Float64Array): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
};
