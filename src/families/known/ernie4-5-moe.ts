/** ERNIE 4.5 with experts (Baidu 2025): a softmax with a correction for the choice, and shared experts. */
import { biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { key } from "../keys.ts";
import {
  DENSE_INNER,
  EXPERT_INNER,
  EXPERT_KEYS,
  LEADING_DENSE,
  SHARED_COUNT,
} from "../layers/expert-keys.ts";
import { DEEPSEEK_EXPERT_NAMES, GGUF_EXPERT_NAMES } from "../layers/expert-names.ts";
import { SOFTMAX_OF_CHOSEN, sharedExperts, withExperts } from "../layers/experts.ts";
import { COHERE_TENSORS } from "./cohere.ts";
import { ERNIE_DEFAULTS, ERNIE_KEYS } from "./ernie4-5.ts";

const correction = "layers.*.mlp.moe_statics.e_score_correction";

export const ernie45Moe = defineFamily({
  name: "ernie4_5_moe",
  className: "Ernie4_5_Moe",
  languageModel: "ForCausalLM",
  architecture: "ernie4_5-moe",
  keys: {
    ...ERNIE_KEYS,
    nInner: DENSE_INNER,
    nExperts: key({ ...EXPERT_KEYS.nExperts, json: "moe_num_experts" }),
    nActive: key({ ...EXPERT_KEYS.nActive, json: "moe_k" }),
    nExpertInner: EXPERT_INNER,
    nShared: key({ ...SHARED_COUNT, json: "moe_num_shared_experts" }),
    nLeading: key({ ...LEADING_DENSE, json: "moe_layer_start_index" }),
  },
  defaults: {
    ...ERNIE_DEFAULTS,
    headDim: undefined,
    nLayer: 28,
    nEmbd: 2560,
    nHead: 20,
    nKvHead: 4,
    nInner: 12_288,
    nExperts: 64,
    nActive: 6,
    nExpertInner: 1536,
    nShared: 2,
    nLeading: 1,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...COHERE_TENSORS.huggingFace,
      ...DEEPSEEK_EXPERT_NAMES,
      "blocks.*.mlp.router_correction": [{ module: correction, bare: true, vectorRows: () => 1 }],
    },
    gguf: { ...COHERE_TENSORS.gguf, ...GGUF_EXPERT_NAMES },
  },
  decoder(values, stored) {
    const { nLayer, nShared, nLeading, nExpertInner, activation } = values;
    stored.fields.require("moe_layer_interval", [1]);
    stored.fields.require("moe_layer_end_index", [-1, nLayer - 1]);
    const biases = biasesOf(values);
    const decoder = llamaDecoder(values, stored, { family: "ernie4_5_moe", theta: 5e5, ...biases });
    const expert = { nInner: nExpertInner, activation, gated: true, bias: biases.mlpBias };
    const mixture = {
      ...expert,
      routing: { ...SOFTMAX_OF_CHOSEN, correction: true },
      ...sharedExperts(nShared, expert),
    };
    return withExperts(decoder, values, stored, mixture, (layer) => layer >= nLeading);
  },
});
