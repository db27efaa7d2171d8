/** Flags of `gpt classify`, and their conflicts. */

import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, list, text, toggle, value } from "../../flags/flags.ts";
import { inputFlags } from "../../flags/input-flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag, completeFileFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { shardConflicts, shardFlags } from "../../flags/shard-flags.ts";
import { textConflicts } from "../../texts.ts";

export const classifyFlags = {
  ...flagGroup("Input:", {
    text: list(text, "A text [standard input, less one line feed at its end]", { inherited: false }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    lines: toggle("Every line of the input is a text; a bad one is answered with an empty line"),
    jsonl: toggle(
      'Every line is JSON, {"text": "..."}, for a pair with "text_pair"; where it has a "label", what was named is compared',
    ),
    pair: value(text, "The second text of a pair, for classifiers of pairs and rerankers", {
      inherited: false,
    }),
  }),
  ...shardFlags,
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Output:", {
    json: toggle(
      "A line of JSON for each text, with the probability of each class or its error, and for the comparison",
    ),
    output: completeFileFlag,
    quiet: toggle("Nothing on standard error but errors", { alias: "q" }),
  }),
  ...colorFlag,
};

export type ClassifyArguments = ParsedFlags<typeof classifyFlags>;

export const classifyConflicts = (args: ClassifyArguments): readonly Conflict[] => [
  ...textConflicts(args),
  ...shardConflicts(args),
  {
    holds: args.pair !== undefined && args.jsonl,
    flags: ["pair"],
    problem: '--pair is for single texts: with --jsonl each line has its "text_pair"',
  },
];
