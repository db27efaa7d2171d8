/** GLM-4 of 2025 (GLM-4-0414): the block of GLM with norms before and after each sublayer. */

import { biasesOf, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GLM_DEFAULTS, GLM_KEYS, GLM_TENSORS } from "./glm.ts";

export const glm4 = defineFamily({
  name: "glm4",
  className: "Glm4",
  languageModel: "ForCausalLM",
  architecture: "glm4",
  keys: GLM_KEYS,
  defaults: GLM_DEFAULTS,
  tensors: {
    ...GLM_TENSORS,
    huggingFace: {
      ...GLM_TENSORS.huggingFace,
      "blocks.*.attention_output_norm": ["layers.*.post_self_attn_layernorm"],
      "blocks.*.mlp_output_norm": ["layers.*.post_mlp_layernorm"],
    },
  },
  decoder: (values, stored) =>
    llamaDecoder(values, stored, {
      family: "glm4",
      normPlacement: "before and after",
      rotaryPart: values.rotaryPart,
      ...biasesOf(values),
    }),
});
