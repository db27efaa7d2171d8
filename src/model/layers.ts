/** Layers that the page and the pages beside it are made of. */
import type { Norm, Ops } from "../compute/ops/ops.ts";
import type { Tensor } from "../compute/tensor.ts";
import type { FeedForward as FeedForwardConfig } from "./config.ts";
import type { Linear } from "./linear.ts";
import type { FeedForward } from "./modules.ts";
import type { LowRankLayer } from "./streams/modules.ts";

/** Position-wise feed-forward layer: (T, C) -> (T, C) */
export function feedForward(ops: Ops, layer: FeedForward, x: Tensor): Tensor {
  const { config, cutoff, active: name, up, down } = layer;
  const hidden = linear(ops, x, up); //                                                             (T, F) or (T, 2 F)
  if (cutoff !== undefined) ops.sparsify(hidden, config.nInner, cutoff);
  return linear(ops, activate(ops, config, hidden, name), down); //                                 (T, C)
}

/** The activation, with the gate if there is one: (T, F) or (T, 2 F) -> (T, F) */
export const activate = (ops: Ops, config: FeedForwardConfig, hidden: Tensor, name?: string): Tensor =>
  config.gated ? ops.gated(config.activation, hidden, name) : ops.activation(config.activation, hidden, name);

/**
 * x W^T + b, and for low-rank adapters (Hu et al. 2021) + s (x A^T) B^T; with magnitudes m (Liu et al. 2024)
 * the rows of W + s B A have the lengths m: (T, C) -> (T, N)
 */
export function linear(ops: Ops, x: Tensor, layer: Linear): Tensor {
  const y = ops.linear(x, layer); //                                                                (T, N)
  for (const change of layer.adapters) {
    const { a, b, firstOutput, scale, dropout, magnitudes: m } = change;
    const low = ops.linear(ops.dropped(x, dropout), { weight: a }); //                              (T, rank)
    ops.addLinear(y, low, b, firstOutput, scale);
    if (!m) continue;
    ops.rescale(y, firstOutput, m.values, ops.rowLengths(layer.weight, change, m.squares), layer.bias);
  }
  return y;
}

/** x + norm(up(down(x))): (T, C) -> (T, C) (LAuReL, Menghani et al. 2024) */
export const lowRank = (ops: Ops, { down, up, norm }: LowRankLayer, x: Tensor): Tensor =>
  ops.add(ops.normalize(linear(ops, linear(ops, x, down), up), norm), x);

/** (T, C) -> (T, C); an absent norm is the identity. */
export const normalize = (ops: Ops, norm: Norm | undefined, x: Tensor): Tensor =>
  norm ? ops.normalize(x, norm) : x;
