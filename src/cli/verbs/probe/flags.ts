/** Flags of `gpt probe`. */
import { flagGroup, integer, number, oneOf, path, value } from "../../flags/flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

const own = { inherited: false } as const;

export const probeFlags = {
  ...flagGroup("Input:", {
    what: value(
      oneOf("swap", "words"),
      "swap: pairs of prompts with swapped names; words: how often words of a list are written",
      own,
    ),
    file: value(
      path,
      "The pairs: .jsonl, .json, .csv, .tsv or .parquet with first and second; or the words, one a line",
      own,
    ),
    prompts: value(path, "Of words: the texts to go on with, rows with prompt, or lines of .txt", own),
    samples: value(integer(1), "Of words: continuations of each prompt [1]", own),
    "max-tokens": value(integer(1), "Of words: the longest continuation [40]", { alias: "n", ...own }),
    seed: value(number, "Of words: the same seed draws the same continuations [1]", { alias: "s", ...own }),
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
