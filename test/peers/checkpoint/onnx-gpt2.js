/**
 * GPT-2 as an ONNX graph with a key/value cache, its weights left where they are in model.safetensors. What lies
 * between the embeddings and the output head is given by onnx-gpt2-exported.js or onnx-gpt2-fused.js.
 *
 * Inputs and outputs are named as in Hugging Face Optimum's decoder export.
 */
import { gpt2Tensors } from "./gpt2.js";
import { elementType, OnnxGraph } from "./onnx.js";

const { float32, int64 } = elementType;

/**
 * Adds all nodes from `tokens` + `positions` [batch, sequence, width] to the rows whose logits are wanted.
 *
 * @callback Gpt2Layers
 * @param {OnnxGraph} graph
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @returns {{ name: string, shape: string[] }} the normed rows; their shape without the width
 */

/**
 * @param {Gpt2Layers} addLayers
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {string} weightsFile  beside the .onnx file
 * @param {ReadonlyMap<string, import("./onnx.js").Place>} places  where each tensor lies in it
 * @returns {Buffer} the .onnx file
 */
export function gpt2Onnx(addLayers, shape, weightsFile, places) {
  const graph = new OnnxGraph();
  for (const tensor of gpt2Tensors(shape)) {
    const place = places.get(tensor.name);
    if (place === undefined) throw new Error(`no place for ${tensor.name}`);
    graph.externalWeight(tensor.name, tensor.shape, weightsFile, place);
  }

  graph.input("input_ids", int64, ["batch", "sequence"]);
  graph.input("position_ids", int64, ["batch", "sequence"]);
  for (let layer = 0; layer < shape.n_layer; layer++) declareCache(graph, shape, layer);
  graph.node("Gather", ["wte.weight", "input_ids"], ["tokens"]);
  graph.node("Gather", ["wpe.weight", "position_ids"], ["positions"]);

  const rows = addLayers(graph, shape);
  graph.node("Transpose", ["wte.weight"], ["head"]); // a constant: done once, when the model is loaded
  graph.node("MatMul", [rows.name, "head"], ["logits"]);
  graph.output("logits", float32, [...rows.shape, shape.vocab_size]);
  return graph.encode("gpt2");
}

/** The names of a layer's keys and values, before and after a call. @param {number} layer */
export function cacheNames(layer) {
  const names = (/** @type {string} */ which) => [`${which}.${layer}.key`, `${which}.${layer}.value`];
  return { past: names("past_key_values"), present: names("present") };
}

/** @param {OnnxGraph} graph @param {import("./gpt2.js").Gpt2Shape} shape @param {number} layer */
function declareCache(graph, { n_head, n_embd }, layer) {
  const { past, present } = cacheNames(layer);
  const headDim = n_embd / n_head;
  for (const name of past) graph.input(name, float32, ["batch", n_head, "past", headDim]);
  for (const name of present) graph.output(name, float32, ["batch", n_head, "total", headDim]);
}
