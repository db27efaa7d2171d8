/** GPT-1 (Radford et al. 2018): norms of the residual sums, no final norm. */
import type { Activation } from "../../compute/ops/ops.ts";
import { GPT_ALIASES, GPT_BLOCK_NAMES, GPT_DEFAULTS, GPT_KEYS, gptDecoder } from "../blocks/gpt.ts";
import { activationKey } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { HEAD_KEYS } from "../layers/pruned-heads.ts";

/** Spellings of `afn`, whose "gelu" is the tanh form. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu", "gelu_tanh"],
  ["gelu_new", "gelu_tanh"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

const { nInner: _, ...KEYS } = { ...GPT_KEYS, ...HEAD_KEYS };

export const openAiGpt = defineFamily({
  name: "openai-gpt",
  className: "OpenAIGPT",
  languageModel: "LMHeadModel",
  tokenizerClass: "OpenAIGPTTokenizer",
  signature: ["afn"],
  aliases: GPT_ALIASES,
  keys: { ...KEYS, activation: activationKey("afn", "gelu_tanh", ACTIVATIONS) },
  defaults: { ...GPT_DEFAULTS, vocabSize: 40478, nPositions: 512, prunedHeads: {} },
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      ...GPT_BLOCK_NAMES,
      token_embedding: ["tokens_embed"],
      position_embedding: ["positions_embed"],
      "blocks.*.attention_sum_norm": ["h.*.ln_1"],
      "blocks.*.mlp_sum_norm": ["h.*.ln_2"],
    },
    gguf: {},
  },
  decoder: (values, stored) =>
    gptDecoder({ ...values, nInner: 4 * values.nEmbd }, stored, {
      family: "openai-gpt",
      normPlacement: "sum",
      position: { kind: "learned" },
    }),
});
