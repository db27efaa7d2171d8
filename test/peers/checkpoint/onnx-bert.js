/** BERT as Hugging Face Optimum exports it: ids to the last hidden states. What users of transformers.js load. */
import { bertEpsilon, bertTensors } from "./bert.js";
import { elementType, OnnxGraph } from "./onnx.js";
import { attention, externalWeights, headShapes, heads, linear } from "./onnx-layers.js";

/**
 * @param {import("./bert.js").BertShape} shape
 * @param {string} weightsFile  beside the .onnx file
 * @param {ReadonlyMap<string, import("./onnx.js").Place>} places
 * @returns {Buffer} the .onnx file
 */
export function bertOnnx(shape, weightsFile, places) {
  const { num_hidden_layers, num_attention_heads, hidden_size } = shape;
  const headDim = hidden_size / num_attention_heads;
  const graph = new OnnxGraph();
  externalWeights(graph, bertTensors(shape), weightsFile, places);
  headShapes(graph, num_attention_heads, headDim);
  const floats = {
    one: 1,
    half: 0.5,
    sqrt_two: Math.SQRT2,
    sqrt_head_dim: Math.sqrt(headDim),
    lowest: -3.4028234663852886e38,
  };
  for (const [name, value] of Object.entries(floats)) graph.constant(name, [], Float32Array.of(value));
  embeddings(graph, shape);
  paddingBias(graph);
  let x = "embeddings.LayerNorm.out";
  for (let layer = 0; layer < num_hidden_layers; layer++)
    x = encoderLayer(graph, `encoder.layer.${layer}`, x);
  graph.node("Identity", [x], ["last_hidden_state"]);
  graph.output("last_hidden_state", elementType.float32, ["batch", "sequence", hidden_size]);
  return graph.encode("bert");
}

/** @param {OnnxGraph} graph @param {import("./bert.js").BertShape} shape */
function embeddings(graph, { max_position_embeddings: positions }) {
  graph.input("input_ids", elementType.int64, ["batch", "sequence"]);
  graph.input("token_type_ids", elementType.int64, ["batch", "sequence"]);
  for (const [name, value] of Object.entries({ axis_0: 0, axis_1: 1 })) {
    graph.constant(name, [1], BigInt64Array.of(BigInt(value)));
  }
  graph.constant(
    "all_positions",
    [1, positions],
    BigInt64Array.from({ length: positions }, (_, i) => BigInt(i)),
  );
  graph.node("Shape", ["input_ids"], ["shape"]);
  graph.node("Gather", ["shape", "axis_1"], ["length"]);
  graph.node("Slice", ["all_positions", "axis_0", "length", "axis_1"], ["position_ids"]);
  graph.node("Gather", ["embeddings.word_embeddings.weight", "input_ids"], ["words"]);
  graph.node("Gather", ["embeddings.token_type_embeddings.weight", "token_type_ids"], ["types"]);
  graph.node("Gather", ["embeddings.position_embeddings.weight", "position_ids"], ["positions"]);
  graph.node("Add", ["words", "types"], ["typed"]);
  graph.node("Add", ["typed", "positions"], ["embeddings"]);
  norm(graph, "embeddings.LayerNorm", "embeddings");
}

/** `padding` [batch, 1, 1, sequence]: 0 where attention_mask is 1, else the lowest float. @param {OnnxGraph} graph */
function paddingBias(graph) {
  graph.input("attention_mask", elementType.int64, ["batch", "sequence"]);
  graph.constant("axes_1_2", [2], BigInt64Array.from([1, 2], BigInt));
  graph.node("Unsqueeze", ["attention_mask", "axes_1_2"], ["mask"]);
  graph.node("Cast", ["mask"], ["mask.float"], { to: { int: elementType.float32 } });
  graph.node("Sub", ["one", "mask.float"], ["mask.inverse"]);
  graph.node("Mul", ["mask.inverse", "lowest"], ["padding"]);
}

/** @param {OnnxGraph} graph @param {string} layer @param {string} x @returns {string} the layer's output */
function encoderLayer(graph, layer, x) {
  const at = (/** @type {string} */ name) => `${layer}.${name}`;
  for (const part of ["query", "key", "value"]) {
    linear(graph, at(`attention.self.${part}`), x, true);
    heads(graph, at(`attention.self.${part}`));
  }
  attention(graph, at("attention"), {
    queries: at("attention.self.query.heads"),
    keys: at("attention.self.key.heads"),
    values: at("attention.self.value.heads"),
    scale: "sqrt_head_dim",
    bias: "padding",
  });
  linear(graph, at("attention.output.dense"), at("attention.mixed"), true);
  graph.node("Add", [at("attention.output.dense.out"), x], [at("attention.sum")]);
  norm(graph, at("attention.output.LayerNorm"), at("attention.sum"));
  const middle = at("attention.output.LayerNorm.out");
  linear(graph, at("intermediate.dense"), middle, true);
  const inner = at("intermediate.dense.out");
  // GELU: x * (1 + erf(x / sqrt 2)) / 2.
  graph.node("Div", [inner, "sqrt_two"], [at("gelu.div")]);
  graph.node("Erf", [at("gelu.div")], [at("gelu.erf")]);
  graph.node("Add", [at("gelu.erf"), "one"], [at("gelu.add")]);
  graph.node("Mul", [inner, at("gelu.add")], [at("gelu.mul")]);
  graph.node("Mul", [at("gelu.mul"), "half"], [at("gelu")]);
  linear(graph, at("output.dense"), at("gelu"), true);
  graph.node("Add", [at("output.dense.out"), middle], [at("sum")]);
  norm(graph, at("output.LayerNorm"), at("sum"));
  return at("output.LayerNorm.out");
}

/** @param {OnnxGraph} graph @param {string} name @param {string} input */
function norm(graph, name, input) {
  graph.node("LayerNormalization", [input, `${name}.weight`, `${name}.bias`], [`${name}.out`], {
    axis: { int: -1 },
    epsilon: { float: bertEpsilon },
  });
}
