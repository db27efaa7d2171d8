/** An earlier run of the same kernels, which a later one must not fall behind. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonValue, readJsonObject } from "../files/json.ts";
import type { KernelResult } from "./measure-kernels.ts";

/**
 * Shares of the machine's peak by kernel, build and threads. They are compared, not rates: a machine's rates drift, with its clock
 * and with what else it does, and take its peak with them.
 */
export type Baseline = ReadonlyMap<string, number>;

const keyOf = (...parts: readonly [kernel: JsonValue, build: JsonValue, threads: JsonValue]): string =>
  JSON.stringify(parts);

/**
 * Reads what `gpt bench kernels --json` wrote.
 *
 * @throws GptError `not-found`, or `invalid-file` for a file that is something else
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

/** The results with their changes, where both runs measured the same. */
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
