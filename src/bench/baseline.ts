/** An earlier run of the kernels, which a later run is compared with. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonValue, readJsonObject } from "../files/json.ts";
import type { KernelResult } from "./measure-kernels.ts";

/**
 * Shares of the peak of the machine by kernel, build and threads. Shares are compared, not rates: the clock
 * and other work change rates, and the peak with them.
 */
export type Baseline = ReadonlyMap<string, number>;

const keyOf = (...parts: readonly [kernel: JsonValue, build: JsonValue, threads: JsonValue]): string =>
  JSON.stringify(parts);

/**
 * Reads the output of `gpt bench kernels --json`.
 *
 * @throws GptError `not-found`, or `invalid-file` for another file
 */
export async function readBaseline(path: string): Promise<Baseline> {
  const { kernels } = await readJsonObject(path);
  if (!Array.isArray(kernels)) {
    const expected = "expected what gpt bench kernels --json wrote";
    throw new GptError("invalid-file", `${path}: ${expected}, found no list "kernels"`);
  }
  const shares = kernels.flatMap((entry: JsonValue) => {
    if (!isJsonObject(entry) || !Array.isArray(entry.measurements)) return [];
    const { kernel = null, measurements } = entry;
    return measurements.flatMap((measurement: JsonValue) => {
      if (!isJsonObject(measurement)) return [];
      const { build = null, threads = null, share } = measurement;
      return typeof share === "number" && share > 0 ? [[keyOf(kernel, build, threads), share] as const] : [];
    });
  });
  return new Map(shares);
}

/** The results with their changes, for kernels that both runs measured. */
export const sinceBaseline = (baseline: Baseline, results: readonly KernelResult[]): KernelResult[] =>
  results.map((result) => {
    const measurements = result.measurements.map((measurement) => {
      const { build, threads, share } = measurement;
      const before = baseline.get(keyOf(result.kernel, build, threads));
      return before === undefined || share === null
        ? measurement
        : { ...measurement, change: share / before - 1 };
    });
    return { ...result, measurements };
  });
