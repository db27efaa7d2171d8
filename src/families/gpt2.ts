/** GPT-2 (Radford et al. 2019) and what only differs in size from it, such as Cerebras-GPT: config.json and tensor names. */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Activation } from "../compute/ops/ops.ts";
import type { ModelDescription } from "./family.ts";
import { Fields, LIMITS } from "./fields.ts";
import { boundaryIds, refuseUnsupported, tiedHead } from "./hugging-face.ts";
import { type NameTable, sourcesFrom } from "./names.ts";
import { type PositionScheme, type UniformDecoder, uniformDecoder } from "./uniform.ts";

/** Hugging Face's spellings; its "gelu" is the exact form. */
export const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu_new", "gelu_tanh"],
  ["gelu_pytorch_tanh", "gelu_tanh"],
  ["gelu_fast", "gelu_tanh"],
  ["gelu", "gelu_erf"],
  ["gelu_python", "gelu_erf"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

/** Of GPT-2's own vocabulary. */
const END_OF_TEXT = 50256;

const NAMES: NameTable = {
  token_embedding: ["wte"],
  position_embedding: ["wpe"],
  "blocks.*.attention_norm": ["h.*.ln_1"],
  "blocks.*.attention.qkv": [{ module: "h.*.attn.c_attn", layout: "conv1d" }],
  "blocks.*.attention.output": [{ module: "h.*.attn.c_proj", layout: "conv1d" }],
  "blocks.*.mlp_norm": ["h.*.ln_2"],
  "blocks.*.mlp.up": [{ module: "h.*.mlp.c_fc", layout: "conv1d" }],
  "blocks.*.mlp.down": [{ module: "h.*.mlp.c_proj", layout: "conv1d" }],
  final_norm: ["ln_f"],
  head: ["lm_head"],
};

/** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
export function describeGpt2(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = gptFields(checkpoint);
  fields.require("scale_attn_weights", [true]);
  fields.require("scale_attn_by_inverse_layer_idx", [false]);
  fields.require("add_cross_attention", [false]);

  const block = gptBlock(checkpoint, fields, { vocabSize: 50257, nPositions: 1024 });
  const config = uniformDecoder({
    ...block,
    family: "gpt2",
    nInner: fields.count("n_inner", LIMITS.width, 4 * block.nEmbd),
    normPlacement: "pre",
    position: positionScheme(fields),
    activation: activation(fields, "activation_function", "gelu_new", ACTIVATIONS),
  });
  return {
    config,
    sources: sourcesFrom(NAMES),
    prefix: "transformer.",
    ...boundaryIds(checkpoint, fields, config.vocabSize, END_OF_TEXT),
  };
}

/** The fields of a GPT-1 or GPT-2 config, which may use the names of later families (`attribute_map`). */
export function gptFields(checkpoint: HuggingFaceCheckpoint): Fields {
  const fields = Fields.ofConfig(checkpoint, {
    n_embd: "hidden_size",
    n_positions: "max_position_embeddings",
    n_head: "num_attention_heads",
    n_layer: "num_hidden_layers",
  });
  refuseUnsupported(fields);
  return fields;
}

/** What GPT-1 and GPT-2 have in common. Sizes that are missing have the defaults of Hugging Face. */
export function gptBlock(
  checkpoint: HuggingFaceCheckpoint,
  fields: Fields,
  defaults: Pick<UniformDecoder, "vocabSize" | "nPositions">,
) {
  const nEmbd = fields.count("n_embd", LIMITS.width, 768);
  const nHead = fields.count("n_head", LIMITS.heads, 12);
  if (nEmbd % nHead !== 0) throw fields.wrong("n_embd", `which n_head, ${nHead}, does not divide`);
  return {
    vocabSize: fields.count("vocab_size", LIMITS.vocabulary, defaults.vocabSize),
    nLayer: fields.count("n_layer", LIMITS.layers, 12),
    nHead,
    nKvHead: nHead,
    headDim: nEmbd / nHead,
    nEmbd,
    nPositions: fields.count("n_positions", LIMITS.positions, defaults.nPositions),
    norm: "layernorm",
    normEpsilon: fields.positive("layer_norm_epsilon", 1e-5),
    queryKeyNorm: false,
    gated: false,
    qkvBias: true,
    attentionOutputBias: true,
    mlpBias: true,
    tiedHead: tiedHead(checkpoint, fields, true),
  } as const;
}

export function activation(
  fields: Fields,
  name: string,
  fallback: string,
  known: ReadonlyMap<string, Activation>,
): Activation {
  const found = known.get(fields.text(name, fallback));
  if (found === undefined) throw fields.wrong(name, `expected one of ${[...known.keys()].join(", ")}`);
  return found;
}

/** `"position_embedding_type": "sinusoidal"` is an extension of ours: the fixed table instead of `wpe`. */
function positionScheme(fields: Fields): PositionScheme {
  const name = fields.has("position_embeddings") ? "position_embeddings" : "position_embedding_type";
  const kind = fields.text(name, "learned");
  if (kind === "learned" || kind === "absolute") return { kind: "learned" };
  if (kind === "sinusoidal") return { kind };
  throw fields.wrong(name, 'expected "learned" or "sinusoidal"');
}
