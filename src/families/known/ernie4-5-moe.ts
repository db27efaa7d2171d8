/** ERNIE 4.5 with experts (Baidu 2025): a softmax with a correction for the choice, and shared experts. */
import type { DecoderConfig } from "../../model/config.ts";
import { biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, type Kind, key } from "../keys.ts";
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

/** A number of a layer, or -1 for the last one. */
const lastLayer: Kind<number> = {
  ...count(LIMITS.layers, -1),
  read: ({ fields }, name, absent) =>
    fields.is(name, -1) ? -1 : fields.count(name, LIMITS.layers, absent, -1),
};

/** Layers with a mixture. Every layer from the first to the last of them whose number is a multiple. */
const mixtures = ({ layers }: DecoderConfig): number[] =>
  layers.flatMap(({ mlp }, i) => (mlp.kind === "experts" ? [i] : []));

function intervalOf(config: DecoderConfig): number {
  const [first = 0, second = first + 1] = mixtures(config);
  return second - first;
}

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
    nMixed: key({
      json: "moe_layer_end_index",
      kind: lastLayer,
      of: (config) => mixtures(config).at(-1) ?? -1,
    }),
    interval: key({
      json: "moe_layer_interval",
      gguf: "interleave_moe_layer_step",
      kind: count(LIMITS.layers),
      of: intervalOf,
    }),
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
    nMixed: -1,
    interval: 1,
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
    const last = values.nMixed < 0 ? nLayer - 1 : values.nMixed;
    const biases = biasesOf(values);
    const decoder = llamaDecoder(values, stored, { family: "ernie4_5_moe", theta: 5e5, ...biases });
    // transformers 5 has no biases of experts.
    const hasBiases = [...stored.tensors.keys()].some((name) => name.endsWith(".experts.0.gate_proj.bias"));
    const expert = { nInner: nExpertInner, activation, gated: true, bias: biases.mlpBias };
    const mixture = {
      ...expert,
      bias: expert.bias && hasBiases,
      routing: { ...SOFTMAX_OF_CHOSEN, correction: true },
      ...sharedExperts(nShared, expert),
    };
    const { head } = decoder;
    const bias = stored.tensors.has("lm_head.bias");
    return withExperts(
      { ...decoder, head: head.kind === "tokens" ? { ...head, bias } : head },
      values,
      stored,
      mixture,
      (layer) => layer >= nLeading && layer <= last && (layer + 1) % values.interval === 0,
    );
  },
  ggufLacks(config) {
    if (config.head.kind === "tokens" && config.head.bias) return "a bias of the head";
    const own = mixtures(config);
    const [first = 0] = own;
    const wanted = config.layers.flatMap((_, i) =>
      i >= first && (i + 1) % intervalOf(config) === 0 ? [i] : [],
    );
    return String(wanted) === String(own) ? undefined : "dense layers behind the last mixture";
  },
});
