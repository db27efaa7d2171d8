/**
 * GPT-2 as ONNX Runtime's transformer optimizer leaves it: fused attention, residual add + bias + norm and bias +
 * GELU, and logits of the last row only. The peer at its fastest, not at its most common.
 */
import { layerNormEpsilon } from "./gpt2.js";
import { cacheNames } from "./onnx-gpt2.js";

/** @typedef {import("./onnx.js").OnnxGraph} OnnxGraph */

/** @type {import("./onnx-gpt2.js").Gpt2Layers} */
export function fusedLayers(graph, shape) {
  addThenNorm(graph, "h.0.ln_1", "positions", "tokens", "");
  for (let layer = 0; layer < shape.n_layer; layer++) {
    const block = `h.${layer}`;
    const next = layer + 1 < shape.n_layer ? `h.${layer + 1}.ln_1` : "ln_f";
    attention(graph, shape, layer);
    addThenNorm(
      graph,
      `${block}.ln_2`,
      `${block}.ln_1.sum`,
      `${block}.attn.out`,
      `${block}.attn.c_proj.bias`,
    );
    feedForward(graph, block);
    addThenNorm(graph, next, `${block}.ln_2.sum`, `${block}.mlp.out`, `${block}.mlp.c_proj.bias`);
  }
  graph.constant("last", [], BigInt64Array.of(-1n));
  graph.node("Gather", ["ln_f.out", "last"], ["last_row"], { axis: { int: 1 } });
  return { name: "last_row", shape: ["batch"] };
}

/**
 * `{norm}.sum` = residual + branch + bias, and `{norm}.out` is its layer norm.
 *
 * @param {OnnxGraph} graph @param {string} norm @param {string} residual @param {string} branch @param {string} bias
 */
function addThenNorm(graph, norm, residual, branch, bias) {
  graph.node(
    "com.microsoft.SkipLayerNormalization",
    [branch, residual, `${norm}.weight`, `${norm}.bias`, bias],
    [`${norm}.out`, "", "", `${norm}.sum`],
    { epsilon: { float: layerNormEpsilon } },
  );
}

/** @param {OnnxGraph} graph @param {import("./gpt2.js").Gpt2Shape} shape @param {number} layer */
function attention(graph, { n_head }, layer) {
  const block = `h.${layer}`;
  const { past, present } = cacheNames(layer);
  const parts = [`${block}.attn.q`, `${block}.attn.k`, `${block}.attn.v`];
  graph.node("MatMul", [`${block}.ln_1.out`, `${block}.attn.c_attn.weight`], [`${block}.attn.qkv`]);
  graph.node("Split", [`${block}.attn.qkv`], parts, { axis: { int: 2 } });
  graph.node(
    "com.microsoft.MultiHeadAttention",
    [...parts, `${block}.attn.c_attn.bias`, "", "", ...past],
    [`${block}.attn.mixed`, ...present],
    { num_heads: { int: n_head }, unidirectional: { int: 1 } },
  );
  graph.node("MatMul", [`${block}.attn.mixed`, `${block}.attn.c_proj.weight`], [`${block}.attn.out`]);
}

/** Without its last bias, which the next addThenNorm adds. @param {OnnxGraph} graph @param {string} block */
function feedForward(graph, block) {
  graph.node("MatMul", [`${block}.ln_2.out`, `${block}.mlp.c_fc.weight`], [`${block}.mlp.up`]);
  graph.node("com.microsoft.FastGelu", [`${block}.mlp.up`, `${block}.mlp.c_fc.bias`], [`${block}.mlp.gelu`]);
  graph.node("MatMul", [`${block}.mlp.gelu`, `${block}.mlp.c_proj.weight`], [`${block}.mlp.out`]);
}
