/**
 * Ministral 3: the block of Llama with YaRN. Queries grow with the logarithm of their position beyond the
 * context of the first training.
 */
import { ggufValue } from "../../checkpoint/gguf/entries.ts";
import { BLOCK_DEFAULTS, BLOCK_KEYS, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { firstAttention, key } from "../keys.ts";
import { SLIDING_WINDOW } from "../layers/layer-types.ts";
import { withAttention } from "../layers/uniform.ts";
import { llama } from "./llama.ts";

/** Factor of the logarithm. Transformers keeps it beside the parameters of the rotary embedding. */
const queryScale = key<number | undefined>({
  json: ({ fields }) => {
    const name = "llama_4_scaling_beta";
    const parameters = fields.nested("rope_parameters") ?? fields.nested("rope_scaling");
    return parameters?.has(name) ? parameters.positive(name) : undefined;
  },
  gguf: "attention.temperature_scale",
  kind: {
    read: ({ fields }, name) => (fields.has(name) ? fields.positive(name) : undefined),
    json: (value = 0) => value,
    gguf: (value) => (value === undefined ? undefined : ggufValue.float32(value)),
  },
  of: (config) => firstAttention(config).queryScale?.beta,
});

export const ministral3 = defineFamily({
  name: "ministral3",
  className: "Ministral3",
  languageModel: "ForCausalLM",
  architecture: "mistral3",
  keys: { ...BLOCK_KEYS, queryScale, window: SLIDING_WINDOW },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 131072,
    nInner: 14336,
    nKvHead: 8,
    headDim: 128,
    nPositions: 262144,
    normEpsilon: 1e-5,
  },
  tensors: llama.tensors,
  decoder(values, stored) {
    const differences = {
      family: "ministral3",
      theta: 1e6,
      qkvBias: false,
      outputBias: false,
      mlpBias: false,
    };
    const decoder = llamaDecoder(values, stored, differences);
    const { position } = firstAttention(decoder);
    const { queryScale: beta } = values;
    if (beta === undefined || position.kind !== "rotary" || position.scaling.kind !== "yarn") return decoder;
    const scale = { beta, interval: position.scaling.originalPositions, offset: 0 };
    return withAttention(
      decoder,
      decoder.layers.map(() => true),
      (attention) => ({ ...attention, queryScale: scale }),
    );
  },
});
