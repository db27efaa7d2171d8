/** Qwen2 and Qwen2.5 (Yang et al. 2024): the block of Llama with biases of queries, keys and values. */
import type { DecoderConfig } from "../../model/config.ts";
import { BIAS_KEYS, BLOCK_DEFAULTS, BLOCK_KEYS, LLAMA_NAMES, llamaDecoder } from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { GGUF_NAMES } from "../gguf-names.ts";
import { flag, ggufOnly, key, type ValuesOf } from "../keys.ts";
import {
  hasWindow,
  maskOf,
  ofWindow,
  SLIDING_WINDOW,
  slidingLayers,
  slidingLayersKey,
  windowFields,
} from "../layers/layer-types.ts";
import { withAttention } from "../layers/uniform.ts";
import type { StoredConfig } from "../stored-config.ts";

/** A window in some layers, off by default. */
const WINDOW_KEYS = {
  window: SLIDING_WINDOW,
  slidingLayers: ofWindow(slidingLayersKey(lastLayers)),
  usesWindow: ofWindow(key({ json: "use_sliding_window", kind: flag, of: hasWindow })),
};

export const QWEN_KEYS = { ...BLOCK_KEYS, ...WINDOW_KEYS };

/** The block of Llama with a window in some layers. */
export function qwenDecoder(
  values: ValuesOf<typeof QWEN_KEYS>,
  stored: StoredConfig,
  differences: Parameters<typeof llamaDecoder>[2],
): DecoderConfig {
  const decoder = llamaDecoder({ ...values, window: undefined }, stored, differences);
  const layers = slidingLayers(values.slidingLayers, values.nLayer, stored);
  return withAttention(decoder, layers, (attention, slides) => ({
    ...attention,
    mask: maskOf(slides, values.window),
  }));
}

export const QWEN_DEFAULTS = {
  ...BLOCK_DEFAULTS,
  vocabSize: 151936,
  nInner: 22016,
  nKvHead: 32,
  nPositions: 32768,
  window: 4096,
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
    qwenDecoder(values, stored, {
      family: "qwen2",
      qkvBias: true,
      outputBias: values.outputBias,
      mlpBias: values.mlpBias,
    }),
});

/** Without a list of layers the last ones have the window, if it is used; in GGUF all. */
function lastLayers(stored: StoredConfig): readonly boolean[] {
  const { nLayer, isUsed, first } = windowFields(stored, BLOCK_DEFAULTS.nLayer);
  if (stored.format === "gguf") return Array(nLayer).fill(true);
  return Array.from({ length: nLayer }, (_, i) => isUsed && i >= first);
}
