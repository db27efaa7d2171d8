/** Qwen2 and Qwen2.5 (Yang et al. 2024): the block of Llama with biases of queries, keys and values. */
import { defineFamily } from "../family.ts";
import { LIMITS } from "../fields.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { GGUF_WINDOW, ggufOnly, key } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "./llama-block.ts";

export const QWEN_KEYS = { ...BLOCK_KEYS, window: key({ ...GGUF_WINDOW, json: slidingWindow }) };

export const QWEN_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 151936,
  nInner: 22016,
  nKvHead: 32,
  nPositions: 32768,
} as const;

export const QWEN_TENSORS = { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: GGUF_NAMES } as const;

const { outputBias, mlpBias } = BIAS_KEYS;

export const qwen2 = defineFamily({
  name: "qwen2",
  className: "Qwen2",
  languageModel: "ForCausalLM",
  tokenizerClass: "Qwen2Tokenizer",
  architecture: "qwen2",
  keys: {
    ...QWEN_KEYS,
    outputBias: ggufOnly(outputBias),
    mlpBias: ggufOnly(mlpBias),
  },
  defaults: { ...QWEN_DEFAULTS, outputBias: false, mlpBias: false },
  constants: { attention_bias: false, mlp_bias: false },
  tensors: QWEN_TENSORS,
  decoder: (values, stored) =>
    llamaDecoder(values, stored, {
      family: "qwen2",
      qkvBias: true,
      outputBias: values.outputBias,
      mlpBias: values.mlpBias,
    }),
});

/** Window of the layers with one: `layer_types` lists them; without the list they are the last ones. */
function slidingWindow({ fields }: StoredConfig): number | undefined {
  const types = fields.list("layer_types");
  if (types.some((type) => type !== "full_attention" && type !== "sliding_attention")) {
    throw fields.wrong("layer_types", 'expected only "full_attention" and "sliding_attention"');
  }
  const nLayer = fields.count("num_hidden_layers", LIMITS.layers, BLOCK_DEFAULTS.nLayer);
  const lastLayersSlide =
    fields.flag("use_sliding_window", false) &&
    fields.count("max_window_layers", LIMITS.layers, 28, 0) < nLayer;
  const slides = types.length > 0 ? types.includes("sliding_attention") : lastLayersSlide;
  return slides ? fields.count("sliding_window", LIMITS.positions, 4096) : undefined;
}
