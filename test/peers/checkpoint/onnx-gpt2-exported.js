/**
 * GPT-2 as Hugging Face Optimum exports it by torch.onnx: plain operators of opset 17, one for nearly every line of
 * the PyTorch module, and logits of every row. What users of onnxruntime-web and transformers.js load.
 *
 * Shapes that the exporter computes anew before each Reshape are constants here, or computed once.
 */
import { layerNormEpsilon } from "./gpt2.js";
import { elementType } from "./onnx.js";
import { cacheNames } from "./onnx-gpt2.js";

/** @typedef {import("./onnx.js").OnnxGraph} OnnxGraph */
/** @typedef {import("./gpt2.js").Gpt2Shape} Gpt2Shape */

/** Instead of minus infinity: the lowest finite F32, as in PyTorch's `finfo(float32).min`. */
const lowest = -3.4028234663852886e38;

/** @type {import("./onnx-gpt2.js").Gpt2Layers} */
export function exportedLayers(graph, shape) {
  constants(graph, shape);
  paddingBias(graph);
  graph.node("Add", ["tokens", "positions"], ["embeddings"]);
  let residual = "embeddings";
  for (let layer = 0; layer < shape.n_layer; layer++) {
    const block = `h.${layer}`;
    norm(graph, `${block}.ln_1`, residual);
    attention(graph, layer);
    graph.node("Add", [`${block}.attn.c_proj.out`, residual], [`${block}.attn.sum`]);
    norm(graph, `${block}.ln_2`, `${block}.attn.sum`);
    feedForward(graph, block);
    residual = `${block}.mlp.sum`;
    graph.node("Add", [`${block}.attn.sum`, `${block}.mlp.c_proj.out`], [residual]);
  }
  norm(graph, "ln_f", residual);
  return { name: "ln_f.out", shape: ["batch", "sequence"] };
}

/** @param {OnnxGraph} graph @param {Gpt2Shape} shape */
function constants(graph, { n_head, n_embd, n_positions }) {
  const headDim = n_embd / n_head;
  const floats = {
    half: 0.5,
    one: 1,
    three: 3,
    gelu_cubic: 0.044715,
    gelu_scale: Math.sqrt(2 / Math.PI),
    sqrt_head_dim: Math.sqrt(headDim),
    lowest,
  };
  for (const [name, value] of Object.entries(floats)) graph.constant(name, [], Float32Array.of(value));

  const axes = { axis_0: [0], axis_2: [2], axis_3: [3], axes_1_2: [1, 2] };
  // For a Reshape, 0 keeps a dimension and -1 takes what is left.
  const shapes = { split_heads: [0, 0, n_head, headDim], merged_heads: [0, 0, n_embd] };
  const flat = { "flat.1": [-1, n_embd], "flat.4": [-1, 4 * n_embd] };
  const widths = { "width.1": [n_embd], "width.3": [3 * n_embd], "width.4": [4 * n_embd] };
  for (const [name, values] of Object.entries({ ...axes, ...shapes, ...flat, ...widths })) {
    graph.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  }
  graph.node("Shape", ["input_ids"], ["rows"]);
  for (const times of [1, 3, 4]) {
    graph.node("Concat", ["rows", `width.${times}`], [`rows.${times}`], { axis: { int: 0 } });
  }

  const causal = new Uint8Array(n_positions * n_positions);
  for (let row = 0; row < n_positions; row++) causal.fill(1, row * n_positions, row * n_positions + row + 1);
  graph.constant("causal", [1, 1, n_positions, n_positions], causal);
}

/** `padding` [batch, 1, 1, total]: 0 where attention_mask is 1, else the lowest float. @param {OnnxGraph} graph */
function paddingBias(graph) {
  graph.input("attention_mask", elementType.int64, ["batch", "total"]);
  graph.node("Unsqueeze", ["attention_mask", "axes_1_2"], ["mask"]);
  graph.node("Cast", ["mask"], ["mask.float"], { to: { int: elementType.float32 } });
  graph.node("Sub", ["one", "mask.float"], ["mask.inverse"]);
  graph.node("Mul", ["mask.inverse", "lowest"], ["padding"]);
}

/** @param {OnnxGraph} graph @param {string} name @param {string} input */
function norm(graph, name, input) {
  graph.node("LayerNormalization", [input, `${name}.weight`, `${name}.bias`], [`${name}.out`], {
    axis: { int: -1 },
    epsilon: { float: layerNormEpsilon },
  });
}

/**
 * Hugging Face's Conv1D, an addmm over all rows of the batch: `{name}.out` = input W + b.
 *
 * @param {OnnxGraph} graph @param {string} name @param {string} input
 * @param {number} inputs @param {number} outputs  in widths of the model
 */
function conv1d(graph, name, input, inputs, outputs) {
  graph.node("Reshape", [input, `flat.${inputs}`], [`${name}.flat`]);
  graph.node("Gemm", [`${name}.flat`, `${name}.weight`, `${name}.bias`], [`${name}.gemm`]);
  graph.node("Reshape", [`${name}.gemm`, `rows.${outputs}`], [`${name}.out`]);
}

/** @param {OnnxGraph} graph @param {number} layer */
function attention(graph, layer) {
  const at = (/** @type {string} */ name) => `h.${layer}.attn.${name}`;
  const { past, present } = cacheNames(layer);

  conv1d(graph, at("c_attn"), `h.${layer}.ln_1.out`, 1, 3);
  const parts = [at("q"), at("k"), at("v")];
  graph.node("Split", [at("c_attn.out")], parts, { axis: { int: 2 } });
  for (const part of parts) {
    graph.node("Reshape", [part, "split_heads"], [`${part}.split`]);
    graph.node("Transpose", [`${part}.split`], [`${part}.heads`], { perm: { ints: [0, 2, 1, 3] } });
  }
  graph.node("Concat", [past[0], at("k.heads")], [present[0]], { axis: { int: 2 } });
  graph.node("Concat", [past[1], at("v.heads")], [present[1]], { axis: { int: 2 } });

  graph.node("Transpose", [present[0]], [at("k.transposed")], { perm: { ints: [0, 1, 3, 2] } });
  graph.node("MatMul", [at("q.heads"), at("k.transposed")], [at("scores")]);
  graph.node("Div", [at("scores"), "sqrt_head_dim"], [at("scaled")]);
  causalMask(graph, at, present[0]);
  graph.node("Add", [at("masked"), "padding"], [at("biased")]);
  graph.node("Softmax", [at("biased")], [at("shares")], { axis: { int: -1 } });
  graph.node("MatMul", [at("shares"), present[1]], [at("mixed.heads")]);

  graph.node("Transpose", [at("mixed.heads")], [at("mixed.split")], { perm: { ints: [0, 2, 1, 3] } });
  graph.node("Reshape", [at("mixed.split"), "merged_heads"], [at("mixed")]);
  conv1d(graph, at("c_proj"), at("mixed"), 1, 1);
}

/**
 * `masked` = `scaled` where a key is not after its query: causal[:, :, total - sequence : total, : total].
 *
 * @param {OnnxGraph} graph @param {(name: string) => string} at @param {string} keys
 */
function causalMask(graph, at, keys) {
  graph.node("Shape", [keys], [at("keys.shape")]);
  graph.node("Gather", [at("keys.shape"), "axis_2"], [at("total")]);
  graph.node("Shape", [at("q.heads")], [at("queries.shape")]);
  graph.node("Gather", [at("queries.shape"), "axis_2"], [at("sequence")]);
  graph.node("Sub", [at("total"), at("sequence")], [at("past")]);
  graph.node("Slice", ["causal", at("past"), at("total"), "axis_2"], [at("causal.rows")]);
  graph.node("Slice", [at("causal.rows"), "axis_0", at("total"), "axis_3"], [at("causal")]);
  graph.node("Where", [at("causal"), at("scaled"), "lowest"], [at("masked")]);
}

/** @param {OnnxGraph} graph @param {string} block */
function feedForward(graph, block) {
  const at = (/** @type {string} */ name) => `${block}.mlp.${name}`;
  conv1d(graph, at("c_fc"), `${block}.ln_2.out`, 1, 4);
  const x = at("c_fc.out");
  // GELU as "gelu_new" writes it: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
  graph.node("Mul", [x, "half"], [at("half")]);
  graph.node("Pow", [x, "three"], [at("cube")]);
  graph.node("Mul", [at("cube"), "gelu_cubic"], [at("cubic")]);
  graph.node("Add", [x, at("cubic")], [at("inner")]);
  graph.node("Mul", [at("inner"), "gelu_scale"], [at("scaled")]);
  graph.node("Tanh", [at("scaled")], [at("tanh")]);
  graph.node("Add", [at("tanh"), "one"], [at("gate")]);
  graph.node("Mul", [at("half"), at("gate")], [at("gelu")]);
  conv1d(graph, at("c_proj"), at("gelu"), 4, 1);
}
