/** Layers that BERT and T5 share, as torch.onnx exports them: plain operators of opset 17. */

/** @typedef {import("./onnx.js").OnnxGraph} OnnxGraph */

/**
 * Declares the weights of a checkpoint where they lie in its file.
 *
 * @param {OnnxGraph} graph
 * @param {readonly import("./gpt2.js").TensorSpec[]} tensors
 * @param {string} file  beside the .onnx file
 * @param {ReadonlyMap<string, import("./onnx.js").Place>} places
 */
export function externalWeights(graph, tensors, file, places) {
  for (const { name, shape } of tensors) {
    const place = places.get(name);
    if (place === undefined) throw new Error(`no place for ${name}`);
    graph.externalWeight(name, shape, file, place);
  }
}

/** The shapes that heads are split to and merged to. @param {OnnxGraph} graph @param {number} heads @param {number} headDim */
export function headShapes(graph, heads, headDim) {
  // For a Reshape, 0 keeps a dimension.
  graph.constant("split_heads", [4], BigInt64Array.from([0, 0, heads, headDim], BigInt));
  graph.constant("merged_heads", [3], BigInt64Array.from([0, 0, heads * headDim], BigInt));
}

/**
 * `{name}.out` = input W^T + b. The exporter stores W transposed: here a constant node does it once, at load.
 *
 * @param {OnnxGraph} graph @param {string} name @param {string} input @param {boolean} hasBias
 */
export function linear(graph, name, input, hasBias) {
  graph.node("Transpose", [`${name}.weight`], [`${name}.transposed`]);
  graph.node("MatMul", [input, `${name}.transposed`], [hasBias ? `${name}.product` : `${name}.out`]);
  if (hasBias) graph.node("Add", [`${name}.bias`, `${name}.product`], [`${name}.out`]);
}

/** [batch, rows, width] -> `{name}.heads` [batch, heads, rows, headDim]. @param {OnnxGraph} graph @param {string} name */
export function heads(graph, name) {
  graph.node("Reshape", [`${name}.out`, "split_heads"], [`${name}.split`]);
  graph.node("Transpose", [`${name}.split`], [`${name}.heads`], { perm: { ints: [0, 2, 1, 3] } });
}

/**
 * `{at}.mixed` = softmax(q k^T * scale + bias) v.
 *
 * @param {OnnxGraph} graph
 * @param {string} at  prefix of new names
 * @param {{ queries: string, keys: string, values: string, scale?: string, bias?: string }} of  heads; a scale to divide by
 */
export function attention(graph, at, { queries, keys, values, scale, bias }) {
  graph.node("Transpose", [keys], [`${at}.keys`], { perm: { ints: [0, 1, 3, 2] } });
  graph.node("MatMul", [queries, `${at}.keys`], [`${at}.scores`]);
  const scaled = scale === undefined ? `${at}.scores` : `${at}.scaled`;
  if (scale !== undefined) graph.node("Div", [`${at}.scores`, scale], [scaled]);
  const biased = bias === undefined ? scaled : `${at}.biased`;
  if (bias !== undefined) graph.node("Add", [scaled, bias], [biased]);
  graph.node("Softmax", [biased], [`${at}.shares`], { axis: { int: -1 } });
  graph.node("MatMul", [`${at}.shares`, values], [`${at}.mixed.heads`]);
  graph.node("Transpose", [`${at}.mixed.heads`], [`${at}.mixed.split`], { perm: { ints: [0, 2, 1, 3] } });
  graph.node("Reshape", [`${at}.mixed.split`, "merged_heads"], [`${at}.mixed`]);
}
