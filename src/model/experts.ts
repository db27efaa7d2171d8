/**
 * Mixture of experts (Shazeer et al. 2017, Fedus et al. 2021): a router chooses a few feed-forward layers for
 * each row.
 *
 * Shapes: T rows, C width, E experts, K experts of a row, F width of an expert's hidden layer.
 */
import type { Routes } from "../compute/ops/experts.ts";
import type { Ops } from "../compute/ops/ops.ts";
import type { Tensor } from "../compute/tensor.ts";
import { activate, feedForward, linear, normalize } from "./layers.ts";
import type { AdaptedExperts } from "./linear.ts";
import type { Experts, SharedExpert } from "./modules.ts";

/**
 * sum over the chosen experts e of weight(e) down_e(act(up_e(x))), and the shared expert: (T, C) -> (T, C)
 */
export function mixture(ops: Ops, experts: Experts, x: Tensor): Tensor {
  const { name, config, router, before, up, down, after, shared } = experts;
  const logits = linear(ops, normalize(ops, router.norm, x), router.linear); //                     (T, E)
  const routes = ops.route(logits, router); //                                                      K of E experts a row
  const rows = ops.dispatch(normalize(ops, before, x), routes); //                                  (T K, C)
  const hidden = expertLinear(ops, rows, up, routes); //                                             (T K, 2 F)
  const active = activate(ops, config, hidden); //                                                  (T K, F)
  const mixed = ops.combine(expertLinear(ops, active, down, routes), routes, name); //              (T, C)
  const routed = normalize(ops, after, mixed);
  return shared ? ops.add(routed, sharedExpert(ops, shared, x)) : routed;
}

/**
 * x W^T + b with the weights of the expert of each row, and for low-rank adapters + s (x A^T) B^T with the
 * matrices of that expert: (T K, C) -> (T K, N)
 */
function expertLinear(ops: Ops, x: Tensor, experts: AdaptedExperts, routes: Routes): Tensor {
  const y = ops.expertLinear(x, experts, routes); //                                                (T K, N)
  for (const { a, b, dropout } of experts.adapters) {
    const low = ops.expertLinear(ops.dropped(x, dropout), a, routes); //                            (T K, rank)
    ops.addExpertLinear(y, low, b, routes);
  }
  return y;
}

/**
 * The feed-forward layer of all rows (Dai et al. 2024), times sigmoid(gate x) in Qwen2-MoE: (T, C) -> (T, C)
 */
function sharedExpert(ops: Ops, { before, mlp, gate, after }: SharedExpert, x: Tensor): Tensor {
  const y = feedForward(ops, mlp, normalize(ops, before, x)); //                                    (T, C)
  return normalize(ops, after, gate ? ops.gateRows(y, linear(ops, x, gate)) : y);
}
