/**
 * Gated DeltaNet (Yang et al. 2024, "Gated Delta Networks: Improving Mamba2 with Delta Rule").
 *
 * Shapes: T rows, C width, K key heads of Dk dimensions, V value heads of Dv.
 */
import type { Batch } from "../../compute/batch.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { Tensor } from "../../compute/tensor.ts";
import { linear } from "../layers.ts";
import type { DeltaNet } from "./modules.ts";

/** S <- g S + k (b (v - g S^T k))^T, and S^T q is normed and gated: (T, C) -> (T, C) */
export function deltaNet(ops: Ops, layer: DeltaNet, batch: Batch, x: Tensor): Tensor {
  const { queryNorm, keyNorm, outputNorm, recurrence, output } = layer;
  const { nHead, valueDim, values } = recurrence;
  const projected = linear(ops, x, layer.input); //                                                 (T, 2 K Dk + 2 V Dv)
  const qkv = ops.convolution(projected, 0, layer.convolution, batch); //                           (T, 2 K Dk + V Dv)
  ops.normalizeHeads(qkv, queryNorm.norm, queryNorm.first, queryNorm.count);
  ops.normalizeHeads(qkv, keyNorm.norm, keyNorm.first, keyNorm.count);
  const steps = ops.recurrenceGates(linear(ops, x, layer.steps), nHead, 0, layer.gates); //         (T, 2 V)
  const mixed = ops.recurrence(qkv, steps, recurrence, batch); //                                   (T, V Dv)
  ops.normalizeHeads(mixed, outputNorm.norm, outputNorm.first, outputNorm.count);
  ops.gate(mixed, projected, values + nHead * valueDim, "silu"); //                                  (T, V Dv)
  return linear(ops, mixed, output); //                                                             (T, C)
}
