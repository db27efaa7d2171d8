/** GGUF files of Llama shapes with random blocks: any bits are valid ones, and speed does not depend on them. */
import { randomFillSync } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkpointFolder } from "../checkpoint/random-model.js";
import { vocabulary } from "../checkpoint/vocabulary.js";

/**
 * @typedef {object} LlamaShape
 * @property {number} layers
 * @property {number} width
 * @property {number} heads
 * @property {number} kvHeads
 * @property {number} headDim
 * @property {number} inner  width of the feed-forward network
 * @property {number} vocab
 * @property {boolean} tied  whether the embedding is the head
 *
 * @typedef {{ name: string, number: number, bytes: number, inputs: number, halves: Record<number, number> }} Blocks
 *   `number` of the type in GGUF; by the place of a half in a block its value
 * @typedef {{ name: string, dims: number[], type: Blocks }} Entry
 */

/** Shapes of Llama 3.2 1B and Llama 3 8B, and one for tests. @type {Record<string, LlamaShape>} */
const shapes = {
  "1B": {
    layers: 16,
    width: 2048,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    inner: 8192,
    vocab: 128256,
    tied: true,
  },
  "8B": {
    layers: 32,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    inner: 14336,
    vocab: 128256,
    tied: false,
  },
  tiny: { layers: 2, width: 256, heads: 4, kvHeads: 2, headDim: 64, inner: 512, vocab: 1024, tied: true },
};

/** @type {Record<"f32" | "q4_0" | "q8_0" | "q4_k" | "q6_k", Blocks>} */
const blocks = {
  f32: { name: "F32", number: 0, bytes: 4, inputs: 1, halves: {} },
  q4_0: { name: "Q4_0", number: 2, bytes: 18, inputs: 32, halves: { 0: 0x1a00 } },
  q8_0: { name: "Q8_0", number: 8, bytes: 34, inputs: 32, halves: { 0: 0x0cea } },
  q4_k: { name: "Q4_K", number: 12, bytes: 144, inputs: 256, halves: { 0: 0x068e, 2: 0x068e } },
  q6_k: { name: "Q6_K", number: 14, bytes: 210, inputs: 256, halves: { 208: 0x00a8 } },
};

const alignment = 32;

/** Names of models, such as "1B Q4_K_M". */
export const modelNames = Object.keys(shapes).flatMap((shape) =>
  ["Q8_0", "Q4_0", "Q4_K_M"].map((type) => `${shape} ${type}`),
);

/** @param {string} name @returns {string} */
export const modelFile = (name) =>
  join(checkpointFolder("native"), `llama-${name.toLowerCase().replace(" ", "-")}.gguf`);

/** Writes the file of a model if it is not there. @param {string} name one of modelNames */
export function writeModel(name) {
  const path = modelFile(name);
  if (existsSync(path)) return;
  const [size, type] = name.split(" ");
  const shape = shapes[size];
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(`${path}.part`, "w");
  const entries = entriesOf(shape, type);
  const header = headerOf(shape, entries);
  writeSync(file, header);
  const chunks = new Map(Object.values(blocks).map((one) => [one, chunkOf(one)]));
  for (const entry of entries) {
    const chunk = chunks.get(entry.type) ?? Buffer.alloc(0);
    for (let left = bytesOf(entry); left > 0; left -= chunk.length) {
      writeSync(file, chunk.subarray(0, Math.min(left, chunk.length)));
    }
    writeSync(file, Buffer.alloc(padding(bytesOf(entry))));
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
}

/** @param {LlamaShape} shape @param {string} type @returns {Entry[]} */
function entriesOf({ layers, width, heads, kvHeads, headDim, inner, vocab, tied }, type) {
  const isMixture = type === "Q4_K_M";
  const usual = isMixture ? blocks.q4_k : type === "Q8_0" ? blocks.q8_0 : blocks.q4_0;
  const head = isMixture ? blocks.q6_k : usual;
  /** llama.cpp's use_more_bits. @param {number} i */
  const better = (i) => {
    const eighth = Math.floor(layers / 8);
    return i < eighth || i >= Math.floor((7 * layers) / 8) || (i - eighth) % 3 === 2 ? head : usual;
  };
  const gain = (/** @type {string} */ name) => ({ name, dims: [width], type: blocks.f32 });
  const entries = [{ name: "token_embd.weight", dims: [width, vocab], type: tied ? head : usual }];
  if (!tied) entries.push({ name: "output.weight", dims: [width, vocab], type: head });
  entries.push(gain("output_norm.weight"));
  for (let i = 0; i < layers; i++) {
    const matrix = (
      /** @type {string} */ part,
      /** @type {number} */ k,
      /** @type {number} */ n,
      own = usual,
    ) => entries.push({ name: `blk.${i}.${part}.weight`, dims: [k, n], type: own });
    entries.push(gain(`blk.${i}.attn_norm.weight`), gain(`blk.${i}.ffn_norm.weight`));
    matrix("attn_q", width, heads * headDim);
    matrix("attn_k", width, kvHeads * headDim);
    matrix("attn_v", width, kvHeads * headDim, better(i));
    matrix("attn_output", heads * headDim, width);
    matrix("ffn_gate", width, inner);
    matrix("ffn_up", width, inner);
    matrix("ffn_down", inner, width, better(i));
  }
  return entries;
}

/** @param {Entry} entry */
const bytesOf = ({ dims, type }) => (dims.reduce((a, b) => a * b, 1) / type.inputs) * type.bytes;

const padding = (/** @type {number} */ bytes) => (alignment - (bytes % alignment)) % alignment;

/** Some megabytes of blocks, which repeat. @param {Blocks} type */
function chunkOf({ bytes, halves }) {
  const chunk = Buffer.alloc(bytes * 40_000);
  if (bytes === blocks.f32.bytes) {
    for (let at = 0; at < chunk.length; at += bytes) chunk.writeFloatLE(1, at);
    return chunk;
  }
  randomFillSync(chunk);
  for (let block = 0; block < chunk.length; block += bytes) {
    for (const [at, half] of Object.entries(halves)) chunk.writeUInt16LE(half, block + Number(at));
  }
  return chunk;
}

/** @param {LlamaShape} shape @param {readonly Entry[]} entries */
function headerOf(shape, entries) {
  const { tokens, merges } = vocabulary(shape.vocab);
  /** @type {[string, Buffer][]} */
  const metadata = [
    ["general.architecture", text("llama")],
    ["llama.block_count", integer(shape.layers)],
    ["llama.context_length", integer(8192)],
    ["llama.embedding_length", integer(shape.width)],
    ["llama.feed_forward_length", integer(shape.inner)],
    ["llama.attention.head_count", integer(shape.heads)],
    ["llama.attention.head_count_kv", integer(shape.kvHeads)],
    ["llama.attention.layer_norm_rms_epsilon", float(1e-5)],
    ["llama.rope.freq_base", float(500_000)],
    ["llama.rope.dimension_count", integer(shape.headDim)],
    ["llama.vocab_size", integer(shape.vocab)],
    ["tokenizer.ggml.model", text("gpt2")],
    ["tokenizer.ggml.pre", text("llama-bpe")],
    ["tokenizer.ggml.tokens", texts(tokens)],
    ["tokenizer.ggml.merges", texts(merges)],
    ["tokenizer.ggml.bos_token_id", integer(shape.vocab - 1)],
    ["tokenizer.ggml.eos_token_id", integer(shape.vocab - 1)],
  ];
  let offset = 0n;
  const infos = entries.map((entry) => {
    const { name, dims, type } = entry;
    const info = Buffer.concat([
      string(name),
      u32(dims.length),
      ...dims.map((size) => u64(BigInt(size))),
      u32(type.number),
      u64(offset),
    ]);
    offset += BigInt(bytesOf(entry) + padding(bytesOf(entry)));
    return info;
  });
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(BigInt(entries.length)),
    u64(BigInt(metadata.length)),
    ...metadata.flatMap(([key, value]) => [string(key), value]),
    ...infos,
  ]);
  return Buffer.concat([header, Buffer.alloc(padding(header.length))]);
}

/** @param {number} value */
function u32(value) {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

/** @param {bigint} value */
function u64(value) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(value);
  return out;
}

/** @param {string} value */
const string = (value) => Buffer.concat([u64(BigInt(Buffer.byteLength(value))), Buffer.from(value)]);

// Values follow the number of their type.
const integer = (/** @type {number} */ value) => Buffer.concat([u32(4), u32(value)]);
const text = (/** @type {string} */ value) => Buffer.concat([u32(8), string(value)]);
const texts = (/** @type {readonly string[]} */ values) =>
  Buffer.concat([u32(9), u32(8), u64(BigInt(values.length)), ...values.map(string)]);

/** @param {number} value */
function float(value) {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return Buffer.concat([u32(6), out]);
}
