/** The short convolution of LFM2 (Liquid AI 2025), between two gates. Shapes: T rows, C width. */
import type { Batch } from "../../compute/batch.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { linear } from "../layers.ts";
import type { ShortConvolution } from "./modules.ts";

/** gate * convolution(gate * x): (T, C) -> (T, C) */
export function shortConvolution(ops: Ops, layer: ShortConvolution, batch: Batch, x: Tensor): Tensor {
  const { convolution, output } = layer;
  const width = convolution.weight.outputs;
  const projected = linear(ops, x, layer.input); //                                                 (T, 3 C)
  const gated = ops.multiply(ops.columns(projected, 2 * width, width), projected); //               (T, C)
  const mixed = ops.convolution(gated, 0, convolution, batch); //                                   (T, C)
  return linear(ops, ops.multiply(mixed, projected, width), output); //                             (T, C)
}
