/**
 * Inputs of layers (Gemma 3n, Gemma 4): each token has a small vector for each layer, which enters after the
 * layer's MLP. L layers, P width of a vector.
 */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Indices, Tensor } from "../../compute/tensor.ts";
import { linear, normalize } from "../layers.ts";
import type { LayerInput, LayerInputs } from "./modules.ts";

/** (own + common) / sqrt(2): (T), (T, C) -> (T, L P) */
export function layerInputs(ops: Ops, inputs: LayerInputs, ids: Indices, x: Tensor): Tensor {
  const { tokens, scale, projection, norm } = inputs;
  const known = ops.idsBelow(ids, tokens.weight.outputs); //                                        (T)
  const own = ops.scale(ops.embedding(tokens, known), scale); //                                    (T, L P)
  return ops.update(own, () => {
    const common = linear(ops, x, projection); //                                                   (T, L P)
    ops.normalizeHeads(common, norm.norm, norm.first, norm.count);
    return ops.scale(ops.add(own, common), Math.SQRT1_2);
  });
}

/** norm(projection(act(gate(x)) * the layer's vector)): (T, C) -> (T, C) */
export function layerInput(ops: Ops, input: LayerInput, inputs: Tensor, x: Tensor): Tensor {
  const gate = ops.activation(input.activation, linear(ops, x, input.gate)); //                     (T, P)
  const gated = ops.multiply(gate, inputs, input.first); //                                         (T, P)
  return normalize(ops, input.norm, linear(ops, gated, input.projection)); //                       (T, C)
}

/** x + the vector of the layer: (T, C) -> (T, C) */
export const addLayerInput = (ops: Ops, input: LayerInput, inputs: Tensor, x: Tensor): Tensor =>
  ops.update(x, () => ops.residual(input.name, x, layerInput(ops, input, inputs, x)));
