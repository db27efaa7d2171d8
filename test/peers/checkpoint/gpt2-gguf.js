/** GPT-2 in llama.cpp's names: the metadata, and the tensors with every matrix as [outputs, inputs]. */
import { gpt2Tensors, layerNormEpsilon, sizeOf } from "./gpt2.js";
import { quantizers } from "./quantize.js";
import { vocabulary } from "./vocabulary.js";

/** @typedef {import("./quantize.js").WeightType} WeightType */

const modules = new Map([
  ["wte", "token_embd"],
  ["wpe", "position_embd"],
  ["ln_1", "attn_norm"],
  ["attn.c_attn", "attn_qkv"],
  ["attn.c_proj", "attn_output"],
  ["ln_2", "ffn_norm"],
  ["mlp.c_fc", "ffn_up"],
  ["mlp.c_proj", "ffn_down"],
  ["ln_f", "output_norm"],
]);

const normal = 1;
const control = 3;

/** @param {import("./gpt2.js").Gpt2Shape} shape @returns {Record<string, import("./gguf.js").Value>} */
export function gpt2Metadata({ n_layer, n_head, n_embd, n_positions, vocab_size }) {
  const { tokens, merges } = vocabulary(vocab_size);
  return {
    "general.architecture": { type: "string", value: "gpt2" },
    "general.name": { type: "string", value: "random" },
    "gpt2.block_count": { type: "uint32", value: n_layer },
    "gpt2.context_length": { type: "uint32", value: n_positions },
    "gpt2.embedding_length": { type: "uint32", value: n_embd },
    "gpt2.feed_forward_length": { type: "uint32", value: 4 * n_embd },
    "gpt2.attention.head_count": { type: "uint32", value: n_head },
    "gpt2.attention.layer_norm_epsilon": { type: "float32", value: layerNormEpsilon },
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "gpt-2" },
    "tokenizer.ggml.tokens": { type: "string", value: tokens },
    "tokenizer.ggml.token_type": { type: "int32", value: tokens.map((_, id) => (id < vocab_size - 1 ? normal : control)) },
    "tokenizer.ggml.merges": { type: "string", value: merges },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: vocab_size - 1 },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: vocab_size - 1 },
  };
}

const isLinear = (/** @type {string} */ name) => /\.c_\w+\.weight$/.test(name);

/** Vectors and the table of positions stay F32, as llama.cpp leaves them. @type {(name: string, type: WeightType) => WeightType} */
const typeOf = (name, type) => (isLinear(name) || name === "wte.weight" ? type : "f32");

/**
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {WeightType} type  of the matrices
 * @param {(name: string) => Float32Array} read  a tensor by its name on the Hugging Face hub
 * @returns {import("./gguf.js").GgufTensor[]}
 */
export function gpt2GgufTensors(shape, type, read) {
  return gpt2Tensors(shape).map(({ name, shape: stored }) => ({
    name: ggufName(name),
    shape: isLinear(name) ? stored.toReversed() : stored,
    type: typeOf(name, type),
    read: () => (isLinear(name) ? transposed(read(name), stored) : read(name)),
  }));
}

/**
 * Bytes of the weights in a file of a type.
 *
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {WeightType} type  of the matrices
 */
export const weightBytes = (shape, type) =>
  gpt2Tensors(shape).reduce(
    (sum, { name, shape }) => sum + quantizers[typeOf(name, type)].byteLength(sizeOf(shape)),
    0,
  );

/** @param {string} name  `h.3.attn.c_attn.weight` @returns {string} `blk.3.attn_qkv.weight` */
function ggufName(name) {
  const [, block = "", module, parameter] = name.match(/^(?:h\.(\d+)\.)?(.+)\.(weight|bias)$/) ?? [];
  return `${block && `blk.${block}.`}${modules.get(module)}.${parameter}`;
}

/** @param {Float32Array} values @param {readonly number[]} shape  rows, columns */
function transposed(values, [rows, columns]) {
  const out = new Float32Array(sizeOf([rows, columns]));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column];
  }
  return out;
}
