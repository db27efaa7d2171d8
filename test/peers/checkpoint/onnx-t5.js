/**
 * T5 as two graphs, after Hugging Face Optimum's export: the encoder, with the keys and values that the decoder's
 * cross-attention reads, and a step of the decoder with its cache.
 *
 * The exporter computes buckets of distances in the graph. Here they are inputs, which is less work for the runtime.
 */
import { elementType, OnnxGraph } from "./onnx.js";
import { attention, externalWeights, headShapes, heads, linear } from "./onnx-layers.js";
import { biasTable, t5Epsilon, t5Tensors } from "./t5.js";

const { float32, int64 } = elementType;

/** @typedef {import("./t5.js").T5Shape} T5Shape */

/** Names of a layer's keys and values. @param {"past" | "present" | "cross"} which @param {number} layer */
export const cacheNames = (which, layer) => [`${which}.${layer}.key`, `${which}.${layer}.value`];

/**
 * `input_ids`, `buckets` [sequence, sequence] -> `cross.{layer}.key`, `cross.{layer}.value`.
 *
 * @param {T5Shape} shape @param {string} weightsFile @param {ReadonlyMap<string, import("./onnx.js").Place>} places
 */
export function t5EncoderOnnx(shape, weightsFile, places) {
  const graph = graphWith(
    shape,
    weightsFile,
    places,
    (name) => !/^(decoder|lm_head)\./.test(name) || /EncDec\w+\.[kv]/.test(name),
  );
  graph.input("input_ids", int64, ["batch", "sequence"]);
  graph.input("buckets", int64, ["sequence", "sequence"]);
  bias(graph, "encoder");
  graph.node("Gather", ["shared.weight", "input_ids"], ["tokens"]);
  let x = "tokens";
  for (let i = 0; i < shape.num_layers; i++) {
    const layer = `encoder.block.${i}.layer`;
    x = sublayer(graph, `${layer}.0`, x, (input) => {
      const at = `${layer}.0.SelfAttention`;
      for (const part of ["q", "k", "v"]) projected(graph, `${at}.${part}`, input);
      return attended(graph, at, `${at}.k.heads`, `${at}.v.heads`, "bias");
    });
    x = sublayer(graph, `${layer}.1`, x, (input) => feedForward(graph, `${layer}.1.DenseReluDense`, input));
  }
  norm(graph, "encoder.final_layer_norm", x);
  for (let i = 0; i < shape.num_decoder_layers; i++) {
    const at = `decoder.block.${i}.layer.1.EncDecAttention`;
    for (const [j, part] of ["k", "v"].entries()) {
      projected(graph, `${at}.${part}`, "encoder.final_layer_norm.out");
      const name = cacheNames("cross", i)[j];
      graph.node("Identity", [`${at}.${part}.heads`], [name]);
      graph.output(name, float32, ["batch", shape.num_heads, "sequence", shape.d_kv]);
    }
  }
  return graph.encode("t5-encoder");
}

/**
 * `input_ids`, `buckets` [rows, total], keys and values `past.*`, `cross.*` -> `logits`, `present.*`.
 *
 * @param {T5Shape} shape @param {string} weightsFile @param {ReadonlyMap<string, import("./onnx.js").Place>} places
 */
export function t5DecoderOnnx(shape, weightsFile, places) {
  const graph = graphWith(
    shape,
    weightsFile,
    places,
    (name) => !name.startsWith("encoder.") && !/EncDec\w+\.[kv]/.test(name),
  );
  graph.input("input_ids", int64, ["batch", "rows"]);
  graph.input("buckets", int64, ["rows", "total"]);
  bias(graph, "decoder");
  graph.node("Gather", ["shared.weight", "input_ids"], ["tokens"]);
  let x = "tokens";
  for (let i = 0; i < shape.num_decoder_layers; i++) {
    const layer = `decoder.block.${i}.layer`;
    const cache = (/** @type {"past" | "present" | "cross"} */ which) => cacheNames(which, i);
    for (const name of cache("past"))
      graph.input(name, float32, ["batch", shape.num_heads, "past", shape.d_kv]);
    for (const name of cache("cross"))
      graph.input(name, float32, ["batch", shape.num_heads, "source", shape.d_kv]);
    for (const name of cache("present"))
      graph.output(name, float32, ["batch", shape.num_heads, "total", shape.d_kv]);
    x = sublayer(graph, `${layer}.0`, x, (input) => {
      const at = `${layer}.0.SelfAttention`;
      for (const part of ["q", "k", "v"]) projected(graph, `${at}.${part}`, input);
      for (const [j, part] of ["k", "v"].entries()) {
        graph.node("Concat", [cache("past")[j], `${at}.${part}.heads`], [cache("present")[j]], {
          axis: { int: 2 },
        });
      }
      return attended(graph, at, cache("present")[0], cache("present")[1], "bias");
    });
    x = sublayer(graph, `${layer}.1`, x, (input) => {
      const at = `${layer}.1.EncDecAttention`;
      projected(graph, `${at}.q`, input);
      return attended(graph, at, cache("cross")[0], cache("cross")[1], undefined);
    });
    x = sublayer(graph, `${layer}.2`, x, (input) => feedForward(graph, `${layer}.2.DenseReluDense`, input));
  }
  norm(graph, "decoder.final_layer_norm", x);
  linear(graph, "lm_head", "decoder.final_layer_norm.out", false);
  graph.node("Identity", ["lm_head.out"], ["logits"]);
  graph.output("logits", float32, ["batch", "rows", shape.vocab_size]);
  return graph.encode("t5-decoder");
}

/**
 * @param {T5Shape} shape @param {string} file @param {ReadonlyMap<string, import("./onnx.js").Place>} places
 * @param {(name: string) => boolean} isNeeded
 */
function graphWith(shape, file, places, isNeeded) {
  const graph = new OnnxGraph();
  externalWeights(
    graph,
    t5Tensors(shape).filter(({ name }) => isNeeded(name)),
    file,
    places,
  );
  headShapes(graph, shape.num_heads, shape.d_kv);
  graph.constant("two", [], Float32Array.of(2));
  graph.constant("epsilon", [], Float32Array.of(t5Epsilon));
  return graph;
}

/** `bias` [1, heads, rows, keys]. @param {OnnxGraph} graph @param {"encoder" | "decoder"} side */
function bias(graph, side) {
  graph.constant("axis_0", [1], BigInt64Array.of(0n));
  graph.node("Gather", [biasTable(side), "buckets"], ["bias.gathered"]);
  graph.node("Transpose", ["bias.gathered"], ["bias.heads"], { perm: { ints: [2, 0, 1] } });
  graph.node("Unsqueeze", ["bias.heads", "axis_0"], ["bias"]);
}

/** x + f(norm(x)). @param {OnnxGraph} graph @param {string} at @param {string} x @param {(input: string) => string} f */
function sublayer(graph, at, x, f) {
  norm(graph, `${at}.layer_norm`, x);
  graph.node("Add", [x, f(`${at}.layer_norm.out`)], [`${at}.sum`]);
  return `${at}.sum`;
}

/** RMS norm as the exporter writes it. @param {OnnxGraph} graph @param {string} name @param {string} x */
function norm(graph, name, x) {
  graph.node("Pow", [x, "two"], [`${name}.square`]);
  graph.node("ReduceMean", [`${name}.square`], [`${name}.mean`], {
    axes: { ints: [-1] },
    keepdims: { int: 1 },
  });
  graph.node("Add", [`${name}.mean`, "epsilon"], [`${name}.added`]);
  graph.node("Sqrt", [`${name}.added`], [`${name}.root`]);
  graph.node("Div", [x, `${name}.root`], [`${name}.divided`]);
  graph.node("Mul", [`${name}.weight`, `${name}.divided`], [`${name}.out`]);
}

/** @param {OnnxGraph} graph @param {string} name @param {string} input */
function projected(graph, name, input) {
  linear(graph, name, input, false);
  heads(graph, name);
}

/** @param {OnnxGraph} graph @param {string} at @param {string} keys @param {string} values @param {string | undefined} bias */
function attended(graph, at, keys, values, bias) {
  attention(graph, at, { queries: `${at}.q.heads`, keys, values, ...(bias && { bias }) });
  linear(graph, `${at}.o`, `${at}.mixed`, false);
  return `${at}.o.out`;
}

/** @param {OnnxGraph} graph @param {string} at @param {string} input */
function feedForward(graph, at, input) {
  linear(graph, `${at}.wi`, input, false);
  graph.node("Relu", [`${at}.wi.out`], [`${at}.relu`]);
  linear(graph, `${at}.wo`, `${at}.relu`, false);
  return `${at}.wo.out`;
}
