/**
 * GPT-J (Wang & Komatsuzaki 2021): attention and MLP in parallel from one norm. The first dimensions of a
 * head turn, and the two of a pair lie side by side. llama.cpp knows its name but neither converts nor runs
 * it.
 */
import type { DecoderConfig } from "../../model/config.ts";
import { attentionsOf } from "../../model/mixers.ts";
import { GPT_ALIASES, GPT_KEYS } from "../blocks/gpt.ts";
import { activationKey, layerNormDecoder } from "../blocks/layer-norm.ts";
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { count, key } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";

/** It has no field for the base of the frequencies. */
const THETA = 10_000;

const { nKvHead: _, headDim: __, window: ___, ...KEYS } = GPT_KEYS;

const rotaryDims = (config: DecoderConfig): number | undefined => {
  const position = attentionsOf(config)[0]?.position;
  return position?.kind === "rotary" ? position.dims : undefined;
};

export const gptJ = defineFamily({
  name: "gptj",
  className: "GPTJ",
  languageModel: "ForCausalLM",
  aliases: GPT_ALIASES,
  keys: {
    ...KEYS,
    rotaryDims: key({ json: "rotary_dim", kind: count(LIMITS.width), of: rotaryDims }),
    activation: activationKey("activation_function", "gelu_tanh"),
  },
  defaults: {
    vocabSize: 50400,
    nPositions: 2048,
    nEmbd: 4096,
    nLayer: 28,
    nHead: 16,
    rotaryDims: 64,
    normEpsilon: 1e-5,
    activation: "gelu_tanh",
    tied: false,
  },
  usualIds: [50256],
  tensors: {
    prefix: "transformer.",
    huggingFace: {
      token_embedding: ["wte"],
      "blocks.*.attention_norm": ["h.*.ln_1"],
      "blocks.*.attention.qkv": [
        { module: "h.*.attn.q_proj", pairs: "interleaved" },
        { module: "h.*.attn.k_proj", pairs: "interleaved" },
        "h.*.attn.v_proj",
      ],
      "blocks.*.attention.output": ["h.*.attn.out_proj"],
      "blocks.*.mlp.up": ["h.*.mlp.fc_in"],
      "blocks.*.mlp.down": ["h.*.mlp.fc_out"],
      final_norm: ["ln_f"],
      head: ["lm_head"],
    },
    gguf: {},
  },
  decoder(values, stored) {
    const { headDim } = attentionHeads(values, stored);
    const { rotaryDims: dims } = values;
    if (dims > headDim || dims % 2 !== 0) {
      throw stored.wrong("rotaryDims", `expected an even number up to the size of a head, ${headDim}`);
    }
    return layerNormDecoder({ ...values, nInner: values.nInner ?? 4 * values.nEmbd }, stored, {
      family: "gptj",
      parallel: "one norm",
      position: { kind: "rotary", theta: THETA, dims, scaling: { kind: "none" } },
      qkvBias: false,
      outputBias: false,
      mlpBias: true,
      headBias: true,
    });
  },
});
