/** Which size of model a machine can train in a given time. */

import { trainingFlops } from "../flops.ts";
import { decoderOfShape, type ShapeFamily } from "./model-shape.ts";
import { PRESET_NAMES, PRESETS, type PresetName } from "./presets.ts";

/**
 * Tokens for each parameter that a model should at least see. Models that learn from less than Hoffmann et al. (2022) found
 * best, 20, are still better than smaller ones that learn from more where both are small.
 */
const TOKENS_PER_PARAMETER = 2;

export interface SizeWish {
  readonly family: ShapeFamily;
  readonly seconds: number;
  /** Floating-point operations a second of a training step on this machine. */
  readonly flopsPerSecond: number;
}

/** The largest preset that sees enough tokens in the time; the smallest where none does. */
export function chooseSize({ family, seconds, flopsPerSecond }: SizeWish): PresetName {
  let chosen = PRESET_NAMES[0] ?? "nano";
  for (const name of PRESET_NAMES) {
    const flops = trainingFlops(decoderOfShape({ ...PRESETS[name], family }));
    const parameters = flops / 6;
    if ((seconds * flopsPerSecond) / flops >= TOKENS_PER_PARAMETER * parameters) chosen = name;
  }
  return chosen;
}
