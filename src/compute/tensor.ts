/** What the ops work on: a shape and an address. Only this folder looks at the address. */

/** Row-major f32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly ptr: number;
}

/** How the weights of a matrix are kept in memory. */
export type WeightDtype = "f32" | "bf16";

/** A weight matrix [outputs, inputs], packed in panels of 8 outputs: `[ceil(outputs / 8)][inputs][8]`. */
export interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly dtype: WeightDtype;
  readonly ptr: number;
}

/** Row-wise integers: token ids, positions, addresses. */
export interface Indices {
  readonly length: number;
  readonly ptr: number;
}

export const bytesOfDtype: Readonly<Record<WeightDtype, number>> = { f32: 4, bf16: 2 };

/** Number of panels that hold so many outputs. */
export const panels = (outputs: number): number => Math.ceil(outputs / 8);

/** Bytes of a packed matrix. */
export const matrixBytes = (outputs: number, inputs: number, dtype: WeightDtype): number =>
  panels(outputs) * 8 * inputs * bytesOfDtype[dtype];

export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Of a tensor with two axes. */
export function dimensions(x: Tensor): [rows: number, width: number] {
  const [rows, width] = x.shape;
  if (rows === undefined || width === undefined) throw new Error(`a matrix is needed, got shape ${x.shape}`);
  return [rows, width];
}

export function expectShape(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
