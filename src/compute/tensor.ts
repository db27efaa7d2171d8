/**
 * Tensors and matrices: a shape and an address in the memory of the kernels. Only this folder uses the
 * address.
 */
import { Layout, LINE, NORMAL_BLOCK, NORMAL_PANEL, PANEL } from "./kernels/table.ts";
import {
  isQuantized,
  QUANTIZED_LAYOUTS,
  type QuantizedDtype,
  type QuantizedLayout,
} from "./packing/quantized-layouts.ts";

/** Row-major f32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly ptr: number;
  /** Number of its bank among those of the model. Default: the first. */
  readonly bank?: number | undefined;
}

/** Floats of a matrix in memory. */
export type FloatLayout = "f32" | "bf16" | "f16";

/** Type of the weights of a matrix in memory; "mixed" if it consists of pieces of several quantized types. */
export type WeightDtype = UniformDtype | "mixed";

/** Type of a matrix without pieces. */
export type UniformDtype = FloatLayout | ExpandedDtype;

/**
 * Quantized types whose blocks the kernels expand into floats. NF4 has no other product: its levels are no
 * integers (assembly/quantized/normal-float.ts).
 */
export type ExpandedDtype = QuantizedDtype | "nf4";

export const isExpandable = (dtype: string): dtype is ExpandedDtype => dtype === "nf4" || isQuantized(dtype);

/** Number, and inputs of a block, of a layout that can be expanded. */
export const expandedLayout = (
  dtype: ExpandedDtype,
): Pick<QuantizedLayout, "layout"> & { readonly inputs: number } =>
  dtype === "nf4" ? NORMAL : QUANTIZED_LAYOUTS[dtype];

const NORMAL = { layout: Layout.NF4, inputs: NORMAL_BLOCK };

/**
 * A weight matrix [outputs, inputs], packed in panels of 8 outputs: `[ceil(outputs / 8)][inputs][8]`. Two
 * panels of 16-bit weights lie side by side.
 * Quantized weights are packed in blocks, see assembly/quantized/layout.ts.
 */
export interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly dtype: WeightDtype;
  readonly ptr: number;
  /** Number of its bank among those of the model. Default: the first. */
  readonly bank?: number | undefined;
  /** Matrices of consecutive outputs in several banks, in the place of one that is too large for a bank. */
  readonly parts?: readonly Matrix[];
  /**
   * Matrices of consecutive outputs, in the place of one of type "mixed". All but the last are whole panels.
   */
  readonly pieces?: readonly Matrix[];
}

/** Matrices of equal size and type, one for each expert. */
export interface MatrixTable extends Pick<Matrix, "outputs" | "inputs"> {
  readonly dtype: UniformDtype;
  /** The addresses of the matrices. */
  readonly addresses: Indices;
}

/** One integer per row: token ids, positions, addresses. */
export interface Indices {
  readonly length: number;
  readonly ptr: number;
}

/** Number of panels of a matrix. */
export const panels = (outputs: number): number => Math.ceil(outputs / PANEL);

/** Bytes of a packed matrix. */
export const matrixBytes = (outputs: number, inputs: number, dtype: WeightDtype): number =>
  Math.ceil(outputs / panelOutputs(dtype)) * panelBytes(inputs, dtype);

/** Outputs that lie side by side: two panels of 16-bit weights do (assembly/matmul/tile.ts). */
export const panelOutputs = (dtype: WeightDtype): number =>
  dtype === "f16" || dtype === "bf16" ? 2 * PANEL : PANEL;

/** Bytes of these outputs. */
export function panelBytes(inputs: number, dtype: WeightDtype): number {
  if (dtype === "mixed") throw new Error("the panels of a mixed matrix have different sizes");
  if (dtype === "nf4") return (inputs / NORMAL_BLOCK) * NORMAL_PANEL;
  if (!isQuantized(dtype)) return inputs * LINE;
  const layout = QUANTIZED_LAYOUTS[dtype];
  return (inputs / layout.inputs) * layout.bytes * PANEL;
}

/** Bytes that the product with eight outputs reads. */
export const readBytes = (inputs: number, dtype: WeightDtype): number =>
  (panelBytes(inputs, dtype) * PANEL) / panelOutputs(dtype);

export const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Sizes of a tensor that has two axes. */
export function dimensions(x: Tensor): [rows: number, width: number] {
  const [rows, width] = x.shape;
  if (rows === undefined || width === undefined) throw new Error(`a matrix is needed, got shape ${x.shape}`);
  return [rows, width];
}

/** `count` rows of a tensor from row `first` on, where they lie. */
export function rowsOf(x: Tensor, first: number, count: number): Tensor {
  const [, width] = dimensions(x);
  return { shape: [count, width], ptr: x.ptr + first * width * 4, bank: x.bank };
}

export const isSameShape = ({ shape: a }: Tensor, { shape: b }: Tensor): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

export function expectShape(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(message());
}
