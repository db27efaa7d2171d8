/**
 * Hunyuan (Tencent 2025), the dense models: norms of queries and keys after the rotation, and a base of the
 * rotary frequencies that is made for longer contexts.
 */
import type { RotaryConfig } from "../../model/attention/rotary-config.ts";
import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
  rmsNorm,
} from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { ggufOnly } from "../keys.ts";
import { attentionHeads } from "../layers/attention-heads.ts";
import { rotaryOf } from "../rotary/rope.ts";
import type { StoredConfig } from "../stored-config.ts";

const { qkvBias, outputBias, mlpBias } = BIAS_KEYS;

export const hunyuan = defineFamily({
  name: "hunyuan_v1_dense",
  className: "HunYuanDenseV1",
  languageModel: "ForCausalLM",
  architecture: "hunyuan-dense",
  keys: { ...BLOCK_KEYS, qkvBias, outputBias, mlpBias: ggufOnly(mlpBias) },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 290_943,
    nInner: 11_008,
    nPositions: 2048,
    normEpsilon: 1e-5,
    mlpBias: false,
  },
  tensors: {
    prefix: "model.",
    huggingFace: {
      ...LLAMA_NAMES,
      "blocks.*.attention.query_norm": ["layers.*.self_attn.query_layernorm"],
      "blocks.*.attention.key_norm": ["layers.*.self_attn.key_layernorm"],
    },
    gguf: GGUF_NAMES,
  },
  decoder(values, stored) {
    const { headDim } = attentionHeads(values, stored);
    return llamaDecoder(values, stored, {
      family: "hunyuan_v1_dense",
      ...biasesOf(values),
      qkNorm: { kind: "head", norm: rmsNorm(values.normEpsilon), afterRotation: true },
      position: rotary(stored, headDim),
    });
  },
});

/**
 * `alpha` makes the base larger, whatever the length of a text (NTK-aware scaling): theta alpha^(D / (D -
 * 2)). It is written as that base, without a scaling, as GGUF has it.
 */
function rotary(stored: StoredConfig, headDim: number): RotaryConfig {
  const { fields, format } = stored;
  const parameters = ["rope_parameters", "rope_scaling"]
    .map((name) => fields.nested(name))
    .find((found) => found);
  if (format === "gguf" || parameters === undefined || !parameters.has("alpha"))
    return rotaryOf(stored, headDim);
  const place = parameters.has("rope_theta") ? parameters : fields;
  const theta =
    place.positive("rope_theta", 10_000) * parameters.positive("alpha") ** (headDim / (headDim - 2));
  return { kind: "rotary", theta, dims: headDim, scaling: { kind: "none" } };
}
