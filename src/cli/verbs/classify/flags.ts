/** Flags of `gpt classify`, and their conflicts. */

import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, list, text, toggle } from "../../flags/flags.ts";
import { inputConflicts, inputFlags } from "../../flags/input-flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const classifyFlags = {
  ...flagGroup("Input:", {
    text: list(text, "A text [standard input, less one line feed at its end]", { inherited: false }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    lines: toggle("Every line of the input is a text; a bad one is answered with an empty line"),
    jsonl: toggle('Every line is JSON, {"text": "..."}; where it has a "label", what was named is compared'),
  }),
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Output:", {
    json: toggle(
      "A line of JSON for each text, with the probability of each class or its error, and for the comparison",
    ),
    quiet: toggle("Nothing on standard error but errors", { alias: "q" }),
  }),
  ...colorFlag,
};

export type ClassifyArguments = ParsedFlags<typeof classifyFlags>;

export function classifyConflicts(args: ClassifyArguments): readonly Conflict[] {
  const { text, file, lines, jsonl } = args;
  const format = lines ? "lines" : "jsonl";
  return [
    ...inputConflicts(args),
    {
      holds: text !== undefined && (lines || jsonl),
      flags: [format],
      problem: `--${format} takes its texts from the input: name its file with --file`,
    },
    {
      holds: text !== undefined && file !== undefined,
      flags: ["file"],
      problem: "give texts or --file, not both",
    },
    { holds: lines && jsonl, flags: ["lines", "jsonl"], problem: "give --lines or --jsonl, not both" },
  ];
}
