/**
 * GPT-Neo (Black et al. 2021): the layers of GPT-2, of which every second attends to a window of the last
 * positions, as the locally banded layers of GPT-3 do (Brown et al. 2020, section 2.1). Scores have no
 * factor. llama.cpp has no architecture for it.
 */

import { GPT_KEYS } from "../blocks/gpt.ts";
import { activationKey, layerNormDecoder } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { key, optionalCount, SIZES } from "../keys.ts";
import { BANDED_KEYS, bandedMasks } from "../layers/banded-layers.ts";
import { withAttention } from "../layers/uniform.ts";

const { nKvHead: _, headDim: __, window: ___, ...KEYS } = GPT_KEYS;

export const gptNeo = defineFamily({
  name: "gpt_neo",
  className: "GPTNeo",
  languageModel: "ForCausalLM",
  tokenizerClass: "GPT2Tokenizer",
  aliases: { num_layers: "num_hidden_layers", num_heads: "num_attention_heads" },
  keys: {
    ...KEYS,
    nLayer: { ...SIZES.nLayer, json: "num_layers" },
    nHead: { ...SIZES.nHead, json: "num_heads" },
    nEmbd: SIZES.nEmbd,
    nPositions: SIZES.nPositions,
    nInner: key({ ...SIZES.nInner, kind: optionalCount(LIMITS.width) }),
    ...BANDED_KEYS,
    activation: activationKey("activation_function", "gelu_tanh"),
  },
  defaults: {
    vocabSize: 50257,
    nLayer: 24,
    nEmbd: 2048,
    nHead: 16,
    nPositions: 2048,
    normEpsilon: 1e-5,
    bandWidth: 256,
    activation: "gelu_tanh",
    tied: true,
  },
  usualIds: [50256],
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      token_embedding: ["wte"],
      position_embedding: ["wpe"],
      "blocks.*.attention_norm": ["h.*.ln_1"],
      "blocks.*.attention.qkv": [
        "h.*.attn.attention.q_proj",
        "h.*.attn.attention.k_proj",
        "h.*.attn.attention.v_proj",
      ],
      "blocks.*.attention.output": ["h.*.attn.attention.out_proj"],
      "blocks.*.mlp_norm": ["h.*.ln_2"],
      "blocks.*.mlp.up": ["h.*.mlp.c_fc"],
      "blocks.*.mlp.down": ["h.*.mlp.c_proj"],
      final_norm: ["ln_f"],
      head: ["lm_head"],
    },
    gguf: {},
  },
  decoder(values, stored) {
    const decoder = layerNormDecoder({ ...values, nInner: values.nInner ?? 4 * values.nEmbd }, stored, {
      family: "gpt_neo",
      position: { kind: "learned" },
      qkvBias: false,
      outputBias: true,
      mlpBias: true,
    });
    return withAttention(decoder, bandedMasks(values, stored), (attention, mask) => ({
      ...attention,
      scale: 1,
      mask,
    }));
  },
});
