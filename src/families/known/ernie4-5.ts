/** ERNIE 4.5 (Baidu 2025): the block of Llama with rotary pairs of neighbours. */

import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { key } from "../keys.ts";
import { COHERE_TENSORS } from "./cohere.ts";

const { qkvBias, outputBias, mlpBias } = BIAS_KEYS;

export const ERNIE_KEYS = {
  ...BLOCK_KEYS,
  qkvBias: key({ ...qkvBias, json: "use_bias" }),
  outputBias: key({ ...outputBias, json: "use_bias" }),
  mlpBias: key({ ...mlpBias, json: "use_bias" }),
};

export const ERNIE_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 103_424,
  headDim: 128,
  nPositions: 131_072,
  normEpsilon: 1e-5,
  tied: true,
} as const;

export const ernie45 = defineFamily({
  name: "ernie4_5",
  className: "Ernie4_5",
  languageModel: "ForCausalLM",
  architecture: "ernie4_5",
  keys: ERNIE_KEYS,
  defaults: { ...ERNIE_DEFAULTS, nLayer: 18, nEmbd: 1024, nHead: 16, nKvHead: 2, nInner: 3072 },
  tensors: COHERE_TENSORS,
  decoder: (values, stored) =>
    llamaDecoder(values, stored, { family: "ernie4_5", theta: 5e5, ...biasesOf(values) }),
});
