/** Qwen3 (Yang et al. 2025): the block of Llama with a norm of each query and key head. */

import { BIAS_KEYS, rmsNorm } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { ggufOnly } from "../keys.ts";
import { QWEN_DEFAULTS, QWEN_KEYS, QWEN_TENSORS, qwenDecoder } from "./qwen2.ts";

const { qkvBias, outputBias, mlpBias } = BIAS_KEYS;

export const qwen3 = defineFamily({
  name: "qwen3",
  className: "Qwen3",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen3",
  keys: {
    ...QWEN_KEYS,
    qkvBias,
    outputBias,
    mlpBias: ggufOnly(mlpBias),
  },
  defaults: { ...QWEN_DEFAULTS, headDim: 128, mlpBias: false },
  constants: { mlp_bias: false },
  tensors: QWEN_TENSORS,
  decoder: (values, stored) =>
    qwenDecoder(values, stored, {
      family: "qwen3",
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon) },
      qkvBias: values.qkvBias,
      outputBias: values.outputBias,
      mlpBias: values.mlpBias,
    }),
});
