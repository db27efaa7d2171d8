/**
 * GPT-2 as an ONNX graph with a key/value cache, its weights left where they are in model.safetensors.
 *
 * Inputs and outputs are those of Hugging Face Optimum's decoder export. Inside, the graph is already what ONNX
 * Runtime's transformer optimizer makes of that export (fused attention, residual add + bias + norm, bias + GELU),
 * and logits are computed for the last row only: the peer at its fastest, not at its most common.
 */
import { gpt2Tensors, layerNormEpsilon } from "./gpt2.js";
import { elementType, OnnxGraph } from "./onnx.js";

const { float32, int64 } = elementType;

/**
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {string} weightsFile  beside the .onnx file
 * @param {ReadonlyMap<string, import("./onnx.js").Place>} places  where each tensor lies in it
 * @returns {Buffer} the .onnx file
 */
export function gpt2Onnx(shape, weightsFile, places) {
  const graph = new OnnxGraph();
  for (const tensor of gpt2Tensors(shape)) {
    const place = places.get(tensor.name);
    if (place === undefined) throw new Error(`no place for ${tensor.name}`);
    graph.externalWeight(tensor.name, tensor.shape, weightsFile, place);
  }

  graph.input("input_ids", int64, [1, "sequence"]);
  graph.input("position_ids", int64, [1, "sequence"]);
  graph.node("Gather", ["wte.weight", "input_ids"], ["tokens"]);
  graph.node("Gather", ["wpe.weight", "position_ids"], ["positions"]);
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

  graph.scalar("last", -1);
  graph.node("Gather", ["ln_f.out", "last"], ["last_row"], { axis: { int: 1 } });
  graph.node("Transpose", ["wte.weight"], ["head"]); // a constant: done once, when the model is loaded
  graph.node("MatMul", ["last_row", "head"], ["logits"]);
  graph.output("logits", float32, [1, shape.vocab_size]);
  return graph.encode("gpt2");
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
function attention(graph, { n_head, n_embd }, layer) {
  const block = `h.${layer}`;
  const cache = (/** @type {string} */ name) => [`${name}.${layer}.key`, `${name}.${layer}.value`];
  for (const name of cache("past_key_values"))
    graph.input(name, float32, [1, n_head, "past", n_embd / n_head]);
  for (const name of cache("present")) graph.output(name, float32, [1, n_head, "total", n_embd / n_head]);

  const parts = [`${block}.attn.q`, `${block}.attn.k`, `${block}.attn.v`];
  graph.node("MatMul", [`${block}.ln_1.out`, `${block}.attn.c_attn.weight`], [`${block}.attn.qkv`]);
  graph.node("Split", [`${block}.attn.qkv`], parts, { axis: { int: 2 } });
  graph.node(
    "com.microsoft.MultiHeadAttention",
    [...parts, `${block}.attn.c_attn.bias`, "", "", ...cache("past_key_values")],
    [`${block}.attn.mixed`, ...cache("present")],
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
