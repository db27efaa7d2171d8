/**
 * Mamba 2 (Dao & Gu 2024, "Transformers are SSMs: Generalized Models and Efficient Algorithms Through
 * Structured State Space Duality").
 *
 * Shapes: T rows, C width, H heads of D dimensions, G groups of N state dimensions.
 */
import type { Batch } from "../../compute/batch.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { linear } from "../layers.ts";
import type { Mamba } from "./modules.ts";

/** S <- a S + B (dt x)^T, and S^T C + D x is gated and normed: (T, C) -> (T, C) */
export function mamba(ops: Ops, layer: Mamba, batch: Batch, x: Tensor): Tensor {
  const { convolution, gates, recurrence, outputNorm, output } = layer;
  const inner = recurrence.nHead * recurrence.valueDim;
  const projected = linear(ops, x, layer.input); //                                                 (T, 2 H D + 2 G N + H)
  const xbc = ops.convolution(projected, inner, convolution, batch); //                             (T, H D + 2 G N)
  const steps = ops.recurrenceGates(projected, inner + convolution.weight.outputs, undefined, gates); // (T, 2 H)
  const mixed = ops.recurrence(xbc, steps, recurrence, batch); //                                   (T, H D)
  const gated = ops.gate(mixed, projected, 0, "silu"); //                                           (T, H D)
  return linear(ops, ops.normalize(gated, outputNorm), output); //                                  (T, C)
}
