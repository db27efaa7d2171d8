/** Seeded random checkpoints of every family: written as their formats store them, and returned as the reference reads them. */
import type { DecoderConfig } from "../../src/model/config.ts";
import { type WeightSpec, weightTable } from "../../src/model/weights.ts";
import {
  type GgufValueToWrite,
  type TensorsToWrite,
  type TensorToWrite,
  toBfloat16,
  toHalf,
  writeGguf,
  writeModelDirectory,
} from "../fixtures/writers.ts";
import type { Weights } from "../reference/decoder.ts";
import { TestRandom } from "../reference/random.ts";
import { ggufMetadata, gptJson, type Json, llamaJson } from "./stored-config.ts";

export type StoredAs = "F32" | "F16" | "BF16";

export interface Draw {
  readonly seed?: number;
  readonly dtype?: StoredAs;
}

/** How a family stores a decoder. In names, `*` is the layer. */
interface Layout {
  /** Stored modules by canonical module, in the order in which their outputs are stacked. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** Matrices of the blocks are stored [inputs, outputs]. */
  readonly transposed?: boolean;
  /** The two halves of each query and key head are stored interleaved. */
  readonly interleaved?: boolean;
}

const GPT: Layout = {
  transposed: true,
  modules: {
    token_embedding: ["wte"],
    position_embedding: ["wpe"],
    "blocks.*.attention_norm": ["h.*.ln_1"],
    "blocks.*.attention.qkv": ["h.*.attn.c_attn"],
    "blocks.*.attention.output": ["h.*.attn.c_proj"],
    "blocks.*.mlp_norm": ["h.*.ln_2"],
    "blocks.*.mlp.up": ["h.*.mlp.c_fc"],
    "blocks.*.mlp.down": ["h.*.mlp.c_proj"],
    final_norm: ["ln_f"],
    head: ["lm_head"],
  },
};

const OPENAI_GPT: Layout = {
  ...GPT,
  modules: { ...GPT.modules, token_embedding: ["tokens_embed"], position_embedding: ["positions_embed"] },
};

const attention = (module: string) => `model.layers.*.self_attn.${module}`;
const LLAMA: Layout = {
  modules: {
    token_embedding: ["model.embed_tokens"],
    "blocks.*.attention_norm": ["model.layers.*.input_layernorm"],
    "blocks.*.attention.qkv": [attention("q_proj"), attention("k_proj"), attention("v_proj")],
    "blocks.*.attention.query_norm": [attention("q_norm")],
    "blocks.*.attention.key_norm": [attention("k_norm")],
    "blocks.*.attention.output": [attention("o_proj")],
    "blocks.*.mlp_norm": ["model.layers.*.post_attention_layernorm"],
    "blocks.*.mlp.up": ["model.layers.*.mlp.gate_proj", "model.layers.*.mlp.up_proj"],
    "blocks.*.mlp.down": ["model.layers.*.mlp.down_proj"],
    final_norm: ["model.norm"],
    head: ["lm_head"],
  },
};

const GGUF: Layout = {
  modules: {
    token_embedding: ["token_embd"],
    position_embedding: ["position_embd"],
    "blocks.*.attention_norm": ["blk.*.attn_norm"],
    "blocks.*.attention.qkv": ["blk.*.attn_q", "blk.*.attn_k", "blk.*.attn_v"],
    "blocks.*.attention.query_norm": ["blk.*.attn_q_norm"],
    "blocks.*.attention.key_norm": ["blk.*.attn_k_norm"],
    "blocks.*.attention.output": ["blk.*.attn_output"],
    "blocks.*.mlp_norm": ["blk.*.ffn_norm"],
    "blocks.*.mlp.up": ["blk.*.ffn_gate", "blk.*.ffn_up"],
    "blocks.*.mlp.down": ["blk.*.ffn_down"],
    final_norm: ["output_norm"],
    head: ["output"],
  },
};

const GGUF_GPT2: Layout = {
  modules: {
    ...GGUF.modules,
    "blocks.*.attention.qkv": ["blk.*.attn_qkv"],
    "blocks.*.mlp.up": ["blk.*.ffn_up"],
  },
};

/** Writes a Hugging Face directory. `json` is config.json where the config's own family is not what it says. */
export function writeRandomDirectory(
  path: string,
  config: DecoderConfig,
  draw: Draw = {},
  json: Json = config.norm === "rmsnorm" ? llamaJson(config) : gptJson(config),
): Weights {
  const layouts = { gpt2: GPT, "openai-gpt": OPENAI_GPT, llama: LLAMA, qwen2: LLAMA, qwen3: LLAMA };
  const layout = layouts[config.family];
  const own = config.labels ? { ...layout, modules: { ...layout.modules, head: ["score"] } } : layout;
  const { weights, tensors } = drawCheckpoint(config, own, draw);
  writeModelDirectory(path, json, tensors);
  return weights;
}

/**
 * Writes a GGUF file. As llama.cpp's converter does, it keeps vectors in F32.
 * @param changes metadata keys beside those of the config, or other values of these; undefined takes one out
 */
export function writeRandomGguf(
  path: string,
  config: DecoderConfig,
  draw: Draw = {},
  changes: Readonly<Record<string, GgufValueToWrite | undefined>> = {},
): Weights {
  const llama = { ...GGUF, interleaved: config.family === "llama" };
  const { weights, tensors } = drawCheckpoint(config, config.family === "gpt2" ? GGUF_GPT2 : llama, draw);
  const scaling = config.position.kind === "rotary" ? config.position.scaling : undefined;
  const divisors: TensorsToWrite =
    scaling?.kind === "divisors"
      ? { "rope_freqs.weight": { shape: [scaling.divisors.length], data: scaling.divisors } }
      : {};
  const keys = Object.entries({ ...ggufMetadata(config), ...changes });
  const metadata = keys.filter((key): key is [string, GgufValueToWrite] => key[1] !== undefined);
  writeGguf(path, Object.fromEntries(metadata), { ...tensors, ...divisors });
  return weights;
}

function drawCheckpoint(config: DecoderConfig, layout: Layout, { seed = 1, dtype = "F32" }: Draw) {
  const random = new TestRandom(seed);
  const matrices = new Map<string, number[][]>();
  const vectors = new Map<string, number[]>();
  const tensors: Record<string, TensorToWrite> = {};
  for (const spec of weightTable(config)) {
    const [outputs, inputs] = spec.shape;
    const stored =
      inputs === undefined && layout.modules.token_embedding?.[0] === "token_embd" ? "F32" : dtype;
    const rows = Array.from({ length: outputs }, () =>
      Array.from({ length: inputs ?? 1 }, () => rounded(drawElement(spec, random), stored)),
    );
    if (inputs === undefined) vectors.set(spec.name, rows.flat());
    else matrices.set(spec.name, rows);
    Object.assign(tensors, storedTensors(config, layout, spec, rows, stored));
  }
  return { weights: { matrices, vectors }, tensors };
}

/** Large enough for every part to count: rows and sums stay around 1, attention is far from even, biases shift it. */
function drawElement({ name, shape: [, inputs] }: WeightSpec, random: TestRandom): number {
  const normal = random.normal();
  if (inputs === undefined) return /norm\.weight$/.test(name) ? 1 + 0.3 * normal : 0.4 * normal;
  if (name.startsWith("token_embedding") || name.startsWith("position_embedding")) return normal;
  return (name.includes("qkv") ? 1.5 : 1) * (normal / Math.sqrt(inputs));
}

function storedTensors(
  { nHead, nKvHead, headDim }: DecoderConfig,
  layout: Layout,
  { name, shape }: WeightSpec,
  rows: number[][],
  dtype: StoredAs,
): TensorsToWrite {
  const [, layer = "", parameter = ""] = /^(?:blocks\.(\d+)\.)?.*\.(weight|bias)$/.exec(name) ?? [];
  const canonical = name.slice(0, -parameter.length - 1).replace(`blocks.${layer}.`, "blocks.*.");
  const modules = layout.modules[canonical] ?? [];
  const sizes = modules.length === 3 ? [nHead, nKvHead, nKvHead].map((heads) => heads * headDim) : [];
  const tensors: Record<string, TensorToWrite> = {};
  let first = 0;
  for (const [part, module] of modules.entries()) {
    const size = sizes[part] ?? rows.length / modules.length;
    const own = rows.slice(first, first + size);
    const ordered = layout.interleaved && sizes.length > 0 && part < 2 ? interleave(own, headDim) : own;
    const isTransposed = layout.transposed && layer !== "" && shape.length === 2;
    const written = isTransposed ? transpose(ordered) : ordered;
    tensors[`${module.replace("*", layer)}.${parameter}`] = {
      dtype,
      shape: shape.length === 1 ? [size] : [written.length, written[0]?.length ?? 0],
      data: flat(written),
    };
    first += size;
  }
  return tensors;
}

function flat(rows: number[][]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return values;
}

/** Of each head, row i of the first half is followed by row i of the second. */
const interleave = (rows: number[][], headDim: number): number[][] =>
  rows.map((_, n) => {
    const within = n % headDim;
    return rows[n - within + (within % 2) * (headDim / 2) + Math.floor(within / 2)] ?? [];
  });

const transpose = (rows: number[][]): number[][] =>
  (rows[0] ?? []).map((_, k) => rows.map((row) => row[k] ?? 0));

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The nearest number of the type. */
function rounded(value: number, dtype: StoredAs): number {
  if (dtype === "F32") return Math.fround(value);
  if (dtype === "BF16") {
    word[0] = toBfloat16(value) << 16;
    return float[0] ?? 0;
  }
  const bits = toHalf(value);
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}
