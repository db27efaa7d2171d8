/** Text parts of Qwen2-VL, Qwen2.5-VL and Qwen3-VL (2024, 2025). Texts alone have one position, not three. */
import { defineFamily } from "../family.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { qwen3Moe } from "./qwen3-moe.ts";

const { architecture: _, ...asQwen2 } = qwen2;

export const qwen2Vl = defineFamily({
  ...qwen2,
  name: "qwen2_vl",
  className: "Qwen2VL",
  architecture: "qwen2vl",
});
export const qwen2VlText = defineFamily({ ...asQwen2, name: "qwen2_vl_text", className: "Qwen2VLText" });
export const qwen25Vl = defineFamily({ ...asQwen2, name: "qwen2_5_vl", className: "Qwen2_5_VL" });
export const qwen25VlText = defineFamily({
  ...asQwen2,
  name: "qwen2_5_vl_text",
  className: "Qwen2_5_VLText",
});

export const qwen3VlText = defineFamily({
  ...qwen3,
  name: "qwen3_vl_text",
  className: "Qwen3VL",
  architecture: "qwen3vl",
});

const { huggingFace, ...others } = qwen3Moe.tensors;
const experts = "layers.*.mlp.experts";

/** Its files have a tensor for the matrices of all experts. */
export const qwen3VlMoeText = defineFamily({
  ...qwen3Moe,
  name: "qwen3_vl_moe_text",
  className: "Qwen3VLMoe",
  architecture: "qwen3vlmoe",
  defaults: { ...qwen3Moe.defaults, headDim: 128, normalizes: true },
  tensors: {
    ...others,
    huggingFace: {
      ...huggingFace,
      "blocks.*.mlp.experts.up": [{ module: `${experts}.gate_up_proj`, bare: true, layout: "conv1d" }],
      "blocks.*.mlp.experts.down": [{ module: `${experts}.down_proj`, bare: true, layout: "conv1d" }],
    },
  },
});
