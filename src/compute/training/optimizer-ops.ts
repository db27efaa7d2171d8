/** Operations on parameters and gradients, element by element in memory. */
import { COPY } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { kernels, NORM_BLOCK, PANEL } from "../kernels/table.ts";
import { type Matrix, matrixBytes } from "../tensor.ts";

/** Cost of a group of four elements. Reading and writing memory takes most of the time. */
const UPDATE = 64;

/** Factors of one step of AdamW, see assembly/training/optimizer.ts. */
export interface AdamWFactors {
  /** Clips the gradient. */
  readonly clip: number;
  /** Decays the parameters: 1 - lr * weight decay. */
  readonly keep: number;
  readonly betas: readonly [number, number];
  readonly stepSize: number;
  readonly rootScale: number;
  readonly epsilon: number;
}

/** A parameter with its gradient and the moments of the gradient, all of one shape. */
export interface TrainedMatrix {
  readonly value: Matrix;
  readonly gradient: Matrix;
  readonly moments: readonly [Matrix, Matrix];
}

/** `count` rows of a matrix from `first` on that stand in it once more, from `again` on. */
export interface RepeatedRows {
  readonly first: number;
  readonly again: number;
  readonly count: number;
}

const elementsOf = ({ outputs, inputs }: Matrix) => matrixBytes(outputs, inputs, "f32") / 4;

export class OptimizerOps extends KernelRunner {
  /** Updates the parameter and clears its gradient. */
  adamW({ value, gradient, moments: [m, v] }: TrainedMatrix, factors: AdamWFactors): void {
    const { betas, ...scales } = factors;
    const [beta1, beta2] = betas;
    this.run(kernels.adamW, elementsOf(value) / 4, UPDATE, {
      p: value.ptr,
      g: gradient.ptr,
      m: m.ptr,
      v: v.ptr,
      beta1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      ...scales,
    });
  }

  /** The sum of the squares of all elements. Sums of blocks are added in the order of the blocks. */
  sumSquares(x: Matrix): number {
    const blocks = Math.ceil(elementsOf(x) / NORM_BLOCK);
    let total = 0;
    this.temporarily(() => {
      const sums = this.runtime.scratch.allocate(blocks * 8);
      const source = { out: sums, x: x.ptr, length: elementsOf(x) };
      this.run(kernels.sumSquares, blocks, COPY * NORM_BLOCK, source);
      for (const sum of this.runtime.memory.f64(sums, blocks)) total += sum;
    });
    return total;
  }

  /** The gradient becomes 0 where x is. */
  clearAtZeros(gradient: Matrix, x: Matrix): void {
    const [slopes, values] = [this.#elements(gradient), this.#elements(x)];
    for (const [i, value] of values.entries()) if (value === 0) slopes[i] = 0;
  }

  /** The gradient with respect to a vector x < 0 becomes that with respect to ln(-x). */
  ofLogarithm(gradient: Matrix, x: Matrix): void {
    const [slopes, values] = [this.#elements(gradient), this.#elements(x)];
    for (const [i, slope] of slopes.entries()) slopes[i] = slope * (values[i] ?? 0);
  }

  /**
   * Changes a vector x < 0 by way of ln(-x). Its bits are then those of a file that holds the logarithm: to take the
   * logarithm and to come back changes them no more.
   */
  byLogarithm(x: Matrix, change: () => void): void {
    const values = this.#elements(x).subarray(0, x.outputs);
    const map = (f: (value: number) => number) => values.set(values.map(f));
    const enter = () => map((value) => Math.log(-value));
    const leave = () => map((value) => -Math.exp(value));
    enter();
    change();
    leave();
    enter();
    leave();
  }

  /** The gradient of the rows becomes that of both, and that of their copy 0. */
  joinRows(gradient: Matrix, rows: RepeatedRows): void {
    const values = this.#elements(gradient);
    eachRepeated(gradient, rows, (first, again) => {
      values[first] = (values[first] ?? 0) + (values[again] ?? 0);
      values[again] = 0;
    });
  }

  repeatRows(x: Matrix, rows: RepeatedRows): void {
    const values = this.#elements(x);
    eachRepeated(x, rows, (first, again) => (values[again] = values[first] ?? 0));
  }

  /** Rounds a vector as a file does that holds x - less. */
  roundLess(x: Matrix, less: number): void {
    const values = this.#elements(x).subarray(0, x.outputs);
    for (const [i, value] of values.entries()) values[i] = Math.fround(value - less) + less;
  }

  clear(x: Matrix): void {
    this.#elements(x).fill(0);
  }

  copy(target: Matrix, x: Matrix): void {
    this.#elements(target).set(this.#elements(x));
  }

  #elements(x: Matrix): Float32Array {
    return this.runtime.memory.f32(x.ptr, elementsOf(x));
  }
}

/** Calls with the places of an element and of its copy, in panels of outputs. */
function eachRepeated(
  { inputs }: Matrix,
  { first, again, count }: RepeatedRows,
  visit: (first: number, again: number) => void,
): void {
  const place = (row: number, input: number) =>
    (Math.floor(row / PANEL) * inputs + input) * PANEL + (row % PANEL);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < inputs; i++) visit(place(first + row, i), place(again + row, i));
  }
}
