/** Qwen2 and Qwen3 (Yang et al. 2024, 2025): Llama's block with query, key and value biases, or with normed queries and keys. */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ModelDescription } from "./family.ts";
import { Fields, LIMITS } from "./fields.ts";
import { describeVariant } from "./llama.ts";

const DEFAULTS = { vocabSize: 151936, nInner: 22016, nKvHead: 32, nPositions: 32768 } as const;

/** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
export function describeQwen2(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = Fields.ofConfig(checkpoint);
  return describeVariant(checkpoint, fields, {
    family: "qwen2",
    defaults: DEFAULTS,
    window: slidingWindow(fields),
    qkvBias: true,
    attentionOutputBias: false,
    mlpBias: false,
    queryKeyNorm: false,
  });
}

/** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
export function describeQwen3(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = Fields.ofConfig(checkpoint);
  const attentionBias = fields.flag("attention_bias", false);
  return describeVariant(checkpoint, fields, {
    family: "qwen3",
    defaults: { ...DEFAULTS, headDim: 128 },
    window: slidingWindow(fields),
    qkvBias: attentionBias,
    attentionOutputBias: attentionBias,
    mlpBias: false,
    queryKeyNorm: true,
  });
}

/** The window of the layers that have one: `layer_types` lists them, else they are the last ones. */
function slidingWindow(fields: Fields): number | undefined {
  const types = fields.list("layer_types");
  if (types.some((type) => type !== "full_attention" && type !== "sliding_attention")) {
    throw fields.wrong("layer_types", 'expected only "full_attention" and "sliding_attention"');
  }
  const nLayer = fields.count("num_hidden_layers", LIMITS.layers, 32);
  const lastLayersSlide =
    fields.flag("use_sliding_window", false) &&
    fields.count("max_window_layers", LIMITS.layers, 28, 0) < nLayer;
  const slides = types.length > 0 ? types.includes("sliding_attention") : lastLayersSlide;
  return slides ? fields.count("sliding_window", LIMITS.positions, 4096) : undefined;
}
