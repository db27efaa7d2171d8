/** Options that all conversions share. */

import { checkProgress, refuseUnknown } from "../checks/rules.ts";
import type { ModelOptions } from "../engine/model.ts";
import type { LoadProgress } from "../weights/load.ts";

export interface ConversionOptions extends LoadProgress, Pick<ModelOptions, "threads" | "simd"> {}

const NAMES = Object.keys({
  threads: true,
  simd: true,
  signal: true,
  onProgress: true,
} satisfies Record<keyof ConversionOptions, true>);

/**
 * @param more names of options of this conversion alone
 * @throws GptError `usage` for an unknown option. `openWeights` checks threads and kernels
 */
export function checkConversionOptions(options: ConversionOptions, ...more: readonly string[]): void {
  refuseUnknown(options, [...NAMES, ...more]);
  checkProgress(options);
}
