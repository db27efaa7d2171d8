/**
 * Sizes of models by name: the three smallest are minGPT's, `baby` is nanoGPT's for characters, the last two
 * are GPT-2's.
 */
import type { ModelShape } from "./model-shape.ts";

export type PresetSizes = Omit<ModelShape, "family">;

export const PRESETS = {
  nano: { layers: 3, heads: 3, width: 48, context: 128, vocabulary: 1024 },
  micro: { layers: 4, heads: 4, width: 128, context: 256, vocabulary: 2048 },
  mini: { layers: 6, heads: 6, width: 192, context: 256, vocabulary: 4096 },
  baby: { layers: 6, heads: 6, width: 384, context: 256, vocabulary: 4096 },
  small: { layers: 8, heads: 8, width: 512, context: 512, vocabulary: 8192 },
  gpt2: { layers: 12, heads: 12, width: 768, context: 1024, vocabulary: 50_257 },
  "gpt2-medium": { layers: 24, heads: 16, width: 1024, context: 1024, vocabulary: 50_257 },
} as const satisfies Record<string, PresetSizes>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/**
 * Default tokens of a step: enough for a steady gradient, and quick on a few cores. Data for further training
 * is often small, and more updates of fewer tokens learn more from it.
 */
const STEP_TOKENS = { new: 4096, further: 1024 } as const;

/** Sequences of a step. */
export const usualBatch = (context: number, training: keyof typeof STEP_TOKENS = "new"): number =>
  Math.max(1, Math.round(STEP_TOKENS[training] / context));

/**
 * The highest learning rate for a model of this width: GPT-3's 6e-4 at 768 (Brown et al. 2020, table 2.1),
 * and in inverse proportion for others (Yang et al. 2022), up to 5e-3.
 */
export const usualRate = (width: number): number =>
  Number(Math.min(5e-3, 6e-4 * (768 / width)).toPrecision(2));
