/** What sacreBLEU says of twenty lines of two systems, with one and two references. */
import { readFileSync } from "node:fs";
import type { Segment } from "../../../src/evaluate/metrics/metric.ts";
import { shared } from "../../shared.ts";

export type Options = Readonly<Record<string, string | number | boolean>>;

interface Case {
  readonly refs: "one" | "two" | "gaps";
  readonly options: Options;
  readonly score: number;
  readonly signature: string;
  readonly line: string;
}

export interface SacreBleu {
  readonly hyp: readonly string[];
  readonly sys2: readonly string[];
  /** By reference, then by line. */
  readonly refs: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
  readonly tokenized: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  readonly bleu: readonly (Case & {
    readonly short: string;
    readonly counts: readonly number[];
    readonly totals: readonly number[];
    readonly precisions: readonly number[];
    readonly bp: number;
    readonly sys_len: number;
    readonly ref_len: number;
  })[];
  readonly sentence_bleu: readonly (Omit<Case, "score"> & { readonly scores: readonly (number | null)[] })[];
  readonly chrf: readonly (Case & { readonly sentences: readonly (number | null)[] })[];
  readonly ter: readonly (Case & {
    readonly edits: number;
    readonly ref_length: number;
    readonly sentences: readonly (readonly [number, number, number] | null)[];
  })[];
  readonly smoothing: {
    readonly pairs: readonly (readonly [string, string])[];
    readonly rows: readonly {
      readonly options: Options;
      readonly corpus: readonly {
        readonly score: number;
        readonly counts: readonly number[];
        readonly totals: readonly number[];
        readonly precisions: readonly number[];
      }[];
    }[];
  };
  readonly paired: readonly {
    readonly refs: string;
    readonly test: "bs" | "ar";
    readonly samples: number;
    readonly signatures: Readonly<Record<string, string>>;
    readonly results: Readonly<Record<string, readonly Result[]>>;
  }[];
  readonly numpy_default_rng_12345: { readonly rows: readonly (readonly number[])[] };
}

export interface Result {
  readonly score: number;
  readonly p_value: number | null;
  readonly mean: number | null;
  readonly ci: number | null;
}

export const sacreBleu = (): SacreBleu =>
  JSON.parse(readFileSync(shared("evaluation/metrics/sacrebleu.json"), "utf8"));

/** Lines of a system with their references. A line without any has none. */
export const segmentsOf = (data: SacreBleu, refs: string, system: "hyp" | "sys2" = "hyp"): Segment[] =>
  data[system].map((hypothesis, i) => ({
    hypothesis,
    references: (data.refs[refs] ?? []).map((stream) => stream[i] ?? null).filter((text) => text !== null),
  }));

/** Its options under the names here. */
export const named = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [NAMES[name] ?? name, value]));

const NAMES: Readonly<Record<string, string>> = {
  smooth_method: "smooth",
  smooth_value: "smoothValue",
  effective_order: "effectiveOrder",
  max_ngram_order: "maxOrder",
  char_order: "charOrder",
  word_order: "wordOrder",
  eps_smoothing: "epsSmoothing",
  no_punct: "noPunctuation",
  asian_support: "asian",
  case_sensitive: "caseSensitive",
};

/** With the version of sacreBLEU in place of ours. */
export const asTheirs = (signature: string): string => signature.replace(/gpt-simd-[\d.]+$/, "2.6.0");
