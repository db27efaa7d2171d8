/** Flags of `gpt probe`. */
import { flagGroup, oneOf, path, value } from "../../flags/flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

const own = { inherited: false } as const;

export const probeFlags = {
  ...flagGroup("Input:", {
    what: value(oneOf("swap"), "swap: pairs of prompts with swapped names", own),
    file: value(path, "The pairs: .jsonl, .json, .csv, .tsv or .parquet with first and second", own),
  }),
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Output:", {
    json: jsonFlag("A line of JSON for each pair, and one for each group"),
    quiet: quietFlag("No progress"),
  }),
  ...colorFlag,
};

export type ProbeArguments = ParsedFlags<typeof probeFlags>;
