/** Size of model that a machine can train in a given time. */

import { trainingFlops } from "../flops.ts";
import { decoderOfShape, type ShapeFamily } from "./model-shape.ts";
import { PRESET_NAMES, PRESETS, type PresetName } from "./presets.ts";

/**
 * Least tokens per parameter. Hoffmann et al. (2022) found 20 best. Small models that see fewer are still
 * better than smaller models that see more.
 */
const TOKENS_PER_PARAMETER = 2;

export interface SizeWish {
  readonly family: ShapeFamily;
  readonly seconds: number;
  /** Floating-point operations a second of a training step on this machine. */
  readonly flopsPerSecond: number;
}

/** The largest preset that sees enough tokens in the time; the smallest if none does. */
export function chooseSize({ family, seconds, flopsPerSecond }: SizeWish): PresetName {
  let chosen = PRESET_NAMES[0] ?? "nano";
  for (const name of PRESET_NAMES) {
    const flops = trainingFlops(decoderOfShape({ ...PRESETS[name], family }));
    const parameters = flops / 6;
    if ((seconds * flopsPerSecond) / flops >= TOKENS_PER_PARAMETER * parameters) chosen = name;
  }
  return chosen;
}
