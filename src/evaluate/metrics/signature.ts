/**
 * The signature of a score: what others need to compute the same number. sacreBLEU's form, with the version
 * of this program.
 */
import { packageVersion } from "../../host/package-files.ts";
import type { Metric, Segment, Setting } from "./metric.ts";

/** What a report did beside the metric's own settings. */
export interface Circumstances {
  /** References of each segment, `var` if their number differs. */
  readonly references: number | "var";
  readonly test?: { readonly kind: "bs" | "ar"; readonly samples: number; readonly seed: number } | undefined;
}

/** `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:gpt-simd-0.1.0`. */
export function signature(metric: Metric, { references, test }: Circumstances, short = false): string {
  const settings: Setting[] = [{ name: "nrefs", short: "#", value: String(references) }];
  if (test !== undefined) {
    settings.push({ name: test.kind, short: test.kind, value: String(test.samples) });
    settings.push({ name: "seed", short: "rs", value: String(test.seed) });
  }
  const version = { name: "version", short: "v", value: `gpt-simd-${packageVersion()}` };
  return [...settings, ...metric.settings, version]
    .map((setting) => `${short ? setting.short : setting.name}:${setting.value}`)
    .join("|");
}

export function referenceCount(segments: readonly Segment[]): number | "var" {
  const [first = 0, ...others] = new Set(segments.map(({ references }) => references.length));
  return others.length === 0 ? first : "var";
}
