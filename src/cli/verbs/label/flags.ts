/** Flags of `gpt label`. */
import { flagGroup, list, number, path, text, toggle, value } from "../../flags/flags.ts";
import { colorFlag, jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const labelFlags = {
  ...flagGroup("Input:", {
    files: list(
      path,
      'Lines {"prompt", "answers": ["..", ".."]}, or with "a" and "b", or with "chosen" and "rejected"; with --summary, files of labels',
      { inherited: false },
    ),
    rater: value(text, "Who says it [$USER]"),
    seed: value(number, "Decides the order of the pairs, and which answer stands at the left [1]", {
      alias: "s",
    }),
    summary: toggle("Only tell of labels: agreement of raters, bias towards the left and towards length"),
  }),
  ...flagGroup("Output:", {
    output: outputFlag(
      "The file of labels, lines {prompt, chosen, rejected}: later ones are put behind the others",
    ),
    json: jsonFlag("The summary as one line of JSON"),
    quiet: quietFlag("No summary at the end"),
  }),
  ...colorFlag,
};

export type LabelArguments = ParsedFlags<typeof labelFlags>;
