/**
 * A family that does not exist: the file that a new one would be. It names everything otherwise and needs no
 * other line.
 */
import { defineFamily } from "../../src/families/family.ts";
import { GGUF_NAMES } from "../../src/families/gguf-names.ts";
import { count, firstLayer, key, SIZES, TIED } from "../../src/families/keys.ts";
import { uniformDecoder } from "../../src/families/layers/uniform.ts";

const renamed = {
  nLayer: { ...SIZES.nLayer, json: "depth" },
  nPositions: { ...SIZES.nPositions, json: "span" },
  nEmbd: { ...SIZES.nEmbd, json: "dim" },
  nHead: { ...SIZES.nHead, json: "voices" },
  vocabSize: SIZES.vocabSize,
  tied: TIED,
};

export const madeUp = defineFamily({
  name: "made-up",
  className: "MadeUp",
  languageModel: "ForCausalLM",
  architecture: "madeup",
  keys: {
    ...renamed,
    /** A field that no other family has. */
    expansion: key({
      json: "expansion",
      gguf: "feed_forward_factor",
      kind: count(64),
      of: (config) => firstLayer(config).mlp.nInner / config.nEmbd,
    }),
  },
  defaults: { vocabSize: 50, nLayer: 2, nPositions: 40, nEmbd: 24, nHead: 3, expansion: 2, tied: false },
  tensors: {
    prefix: "body.",
    huggingFace: {
      token_embedding: ["words"],
      position_embedding: ["places"],
      "blocks.*.attention_sum_norm": ["floor.*.calm_a"],
      "blocks.*.attention.qkv": [
        { module: "floor.*.ask", layout: "conv1d" },
        { module: "floor.*.offer", layout: "conv1d" },
        "floor.*.give",
      ],
      "blocks.*.attention.output": ["floor.*.sum"],
      "blocks.*.mlp_sum_norm": ["floor.*.calm_b"],
      "blocks.*.mlp.up": ["floor.*.door", "floor.*.wide"],
      "blocks.*.mlp.down": ["floor.*.narrow"],
      head: ["speak"],
    },
    gguf: {
      ...GGUF_NAMES,
      "blocks.*.attention_sum_norm": ["blk.*.post_attention_norm"],
      "blocks.*.mlp_sum_norm": ["blk.*.post_ffw_norm"],
    },
  },
  decoder: ({ expansion, ...values }) =>
    uniformDecoder({
      ...values,
      family: "made-up",
      nKvHead: values.nHead,
      headDim: values.nEmbd / values.nHead,
      nInner: expansion * values.nEmbd,
      norm: { kind: "rmsnorm", epsilon: 2 ** -16, bias: false },
      normPlacement: "sum",
      position: { kind: "learned" },
      activation: "silu",
      gated: true,
      qkvBias: false,
      outputBias: true,
      mlpBias: true,
    }),
});
