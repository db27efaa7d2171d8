/** The families as GGUF files describe them: metadata keys and tensor names of llama.cpp (gguf-py/gguf/constants.py). */
import type { GgufCheckpoint } from "../checkpoint/checkpoint.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { ModelDescription } from "./family.ts";
import { Fields, LIMITS } from "./fields.ts";
import { ACTIVATIONS, activation } from "./gpt2.ts";
import { type NameTable, sourcesFrom } from "./names.ts";
import { rotaryOfMetadata } from "./rope.ts";
import { uniformDecoder, uniformShape } from "./uniform.ts";

export const GGUF_ARCHITECTURES = ["gpt2", "llama", "qwen2", "qwen3"] as const;
export type GgufArchitecture = (typeof GGUF_ARCHITECTURES)[number];

/** Token texts that end a turn or a text in the families' chat models, as in llama.cpp's list of end-of-generation tokens. */
const END_TEXTS = new Set([
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end|>",
]);

/** @throws GptError `invalid-file` naming the key that is wrong or asks for what is not implemented */
export async function describeGguf(
  checkpoint: GgufCheckpoint,
  family: GgufArchitecture,
): Promise<ModelDescription> {
  const fields = Fields.ofMetadata(checkpoint, `${family}.`);
  fields.require("expert_count", [0], "but mixtures of experts are not supported");
  const joining = "but only whole files are read: join them with `llama-gguf-split --merge`";
  Fields.ofMetadata(checkpoint, "split.").require("count", [0, 1], joining);
  const config =
    family === "gpt2" ? gpt2Config(checkpoint, fields) : await rotaryConfig(checkpoint, fields, family);
  return {
    config,
    sources: ggufSources(config),
    prefix: "",
    ...boundaryIds(checkpoint, config.vocabSize),
  };
}

function gpt2Config(checkpoint: GgufCheckpoint, fields: Fields): DecoderConfig {
  const sizes = blockSizes(checkpoint, fields);
  return uniformDecoder({
    ...sizes,
    family: "gpt2",
    nInner: fields.count("feed_forward_length", LIMITS.width, 4 * sizes.nEmbd),
    norm: "layernorm",
    normEpsilon: fields.positive("attention.layer_norm_epsilon"),
    normPlacement: "pre",
    queryKeyNorm: false,
    position: { kind: "learned" },
    activation: activation(fields, "hidden_activation", "gelu_new", ACTIVATIONS),
    gated: false,
    qkvBias: true,
    attentionOutputBias: true,
    mlpBias: true,
  });
}

async function rotaryConfig(
  checkpoint: GgufCheckpoint,
  fields: Fields,
  family: Exclude<GgufArchitecture, "gpt2">,
): Promise<DecoderConfig> {
  const sizes = blockSizes(checkpoint, fields);
  const { tensors } = checkpoint;
  return uniformDecoder({
    ...sizes,
    family,
    nInner: fields.count("feed_forward_length", LIMITS.width),
    norm: "rmsnorm",
    normEpsilon: fields.positive("attention.layer_norm_rms_epsilon"),
    normPlacement: "pre",
    queryKeyNorm: family === "qwen3",
    position: await rotaryOfMetadata(checkpoint, fields, sizes.headDim),
    activation: "silu",
    gated: true,
    qkvBias: family === "qwen2" || tensors.has("blk.0.attn_q.bias"),
    attentionOutputBias: tensors.has("blk.0.attn_output.bias"),
    mlpBias: tensors.has("blk.0.ffn_up.bias"),
  });
}

function blockSizes(checkpoint: GgufCheckpoint, fields: Fields) {
  const { tensors } = checkpoint;
  const nEmbd = fields.count("embedding_length", LIMITS.width);
  const nHead = fields.count("attention.head_count", LIMITS.heads);
  const nKvHead = fields.count("attention.head_count_kv", LIMITS.heads, nHead);
  if (nHead % nKvHead !== 0) {
    throw fields.wrong("attention.head_count_kv", `expected a divisor of attention.head_count, ${nHead}`);
  }
  const nPositions = fields.count("context_length", LIMITS.positions);
  const window = fields.count("attention.sliding_window", LIMITS.positions, 0, 0);
  return {
    vocabSize: vocabularySize(checkpoint, fields),
    nLayer: fields.count("block_count", LIMITS.layers),
    nHead,
    nKvHead,
    headDim: headSize(fields, nEmbd, nHead),
    nEmbd,
    // A sliding window changes nothing up to its length, so the context ends there.
    nPositions: Math.min(nPositions, window || nPositions),
    tiedHead: !tensors.has("output.weight"),
  };
}

function vocabularySize({ metadata, tensors }: GgufCheckpoint, fields: Fields): number {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  const listed = Array.isArray(tokens) ? tokens.length : undefined;
  return tensors.get("token_embd.weight")?.shape[0] ?? fields.count("vocab_size", LIMITS.vocabulary, listed);
}

function headSize(fields: Fields, nEmbd: number, nHead: number): number {
  if (!fields.has("attention.key_length") && nEmbd % nHead !== 0) {
    throw fields.wrong("embedding_length", `which attention.head_count, ${nHead}, does not divide`);
  }
  const headDim = fields.count("attention.key_length", LIMITS.width, nEmbd / nHead);
  fields.require("attention.value_length", [headDim], `expected the length of the keys, ${headDim}`);
  return headDim;
}

/** Where GGUF files have the weights of a decoder. */
export const ggufSources = (config: DecoderConfig): ModelDescription["sources"] =>
  sourcesFrom(tensorNames(config));

/** Modules by name; llama.cpp stores each rotated pair of `llama` side by side, and those of the others half a head apart. */
function tensorNames(config: DecoderConfig): NameTable {
  const { family, nHead, nKvHead } = uniformShape(config);
  const rotated = (module: string, heads: number) =>
    family === "llama" ? { module, interleavedHeads: heads } : module;
  const qkv = [rotated("blk.*.attn_q", nHead), rotated("blk.*.attn_k", nKvHead), "blk.*.attn_v"];
  return {
    token_embedding: ["token_embd"],
    position_embedding: ["position_embd"],
    "blocks.*.attention_norm": ["blk.*.attn_norm"],
    "blocks.*.attention.qkv": family === "gpt2" ? ["blk.*.attn_qkv"] : qkv,
    "blocks.*.attention.query_norm": ["blk.*.attn_q_norm"],
    "blocks.*.attention.key_norm": ["blk.*.attn_k_norm"],
    "blocks.*.attention.output": ["blk.*.attn_output"],
    "blocks.*.mlp_norm": ["blk.*.ffn_norm"],
    "blocks.*.mlp.up": family === "gpt2" ? ["blk.*.ffn_up"] : ["blk.*.ffn_gate", "blk.*.ffn_up"],
    "blocks.*.mlp.down": ["blk.*.ffn_down"],
    final_norm: ["output_norm"],
    head: ["output"],
  };
}

/** As llama.cpp: the ids that the metadata names, and tokens whose text is known to end a text. */
function boundaryIds(
  checkpoint: GgufCheckpoint,
  vocabSize: number,
): Pick<ModelDescription, "bosId" | "endOfTextIds"> {
  const fields = Fields.ofMetadata(checkpoint, "tokenizer.ggml.");
  const named = ["eos_token_id", "eot_token_id", "eom_token_id"].flatMap((name) =>
    fields.ids(name, vocabSize),
  );
  const byText = fields.list("tokens").flatMap((text, id) => (END_TEXTS.has(String(text)) ? [id] : []));
  return {
    bosId: fields.ids("bos_token_id", vocabSize)[0],
    endOfTextIds: [...new Set([...named, ...byText])],
  };
}
