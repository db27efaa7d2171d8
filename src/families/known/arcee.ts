/** Arcee's AFM (2025): the block of Llama with an MLP without a gate, and the square of ReLU. */
import { activationKey } from "../blocks/layer-norm.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { withLayers } from "../layers/uniform.ts";
import { llama } from "./llama.ts";

const { huggingFace, gguf } = llama.tensors;

export const arcee = defineFamily({
  name: "arcee",
  className: "Arcee",
  languageModel: "ForCausalLM",
  architecture: "arcee",
  keys: { ...BLOCK_KEYS, ...BIAS_KEYS, activation: activationKey("hidden_act", "relu_squared") },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32000,
    nEmbd: 2560,
    nInner: 18432,
    nPositions: 4096,
    normEpsilon: 1e-5,
    activation: "relu_squared",
  },
  tensors: {
    prefix: "model.",
    huggingFace: { ...huggingFace, "blocks.*.mlp.up": ["layers.*.mlp.up_proj"] },
    gguf: { ...gguf, "blocks.*.mlp.up": ["blk.*.ffn_up"] },
  },
  decoder(values, stored) {
    const decoder = llamaDecoder(values, stored, { family: "arcee", ...biasesOf(values) });
    return withLayers(
      decoder,
      decoder.layers.map(() => "ungated"),
      (layer) => ({ ...layer, mlp: { ...layer.mlp, gated: false } }),
    );
  },
});
