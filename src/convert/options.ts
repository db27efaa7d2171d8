/** What can be said of turning one model into another, beside what it becomes. */

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
 * @param more names of options that only one conversion has
 * @throws GptError `usage` for an option that does not exist; the number of threads and the build are checked where they are used
 */
export function checkConversionOptions(options: ConversionOptions, ...more: readonly string[]): void {
  refuseUnknown(options, [...NAMES, ...more]);
  checkProgress(options);
}
