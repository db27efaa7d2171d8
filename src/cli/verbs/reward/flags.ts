/** Flags of `gpt reward`, and their conflicts. */
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, list, text, toggle, value } from "../../flags/flags.ts";
import { inputFlags } from "../../flags/input-flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag, completeFileFlag, jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { shardConflicts, shardFlags } from "../../flags/shard-flags.ts";
import { rewardSourceFlags } from "../../reward-sources.ts";
import { textConflicts } from "../../texts.ts";

export const rewardFlags = {
  ...flagGroup("Input:", {
    text: list(text, "A text [standard input, less one line feed at its end]", { inherited: false }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    prompt: value(text, "What the texts continue or answer", { inherited: false }),
    lines: toggle("Every line of the input is a text; a bad one is answered with an empty line"),
    jsonl: toggle(
      'Every line is JSON: {"text"}, or {"prompt", "completion"}, or a pair {"prompt", "chosen", "rejected"}, of which it is told how often the chosen one gets more',
    ),
    by: value(text, "The field of a line that names the group of a pair: the report has a row for each", {
      inherited: false,
    }),
  }),
  ...shardFlags,
  ...flagGroup("Rewards:", rewardSourceFlags),
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Output:", {
    json: jsonFlag("A line of JSON for each text or pair, or its error, and for the report of the pairs"),
    annotate: toggle(
      'Each line of JSON again with its "reward", as gpt train --rollouts takes it; of a pair "score_chosen" and "score_rejected"',
    ),
    output: completeFileFlag,
    quiet: quietFlag("Nothing on standard error but errors"),
  }),
  ...colorFlag,
};

export type RewardArguments = ParsedFlags<typeof rewardFlags>;

export const rewardConflicts = (args: RewardArguments): readonly Conflict[] => [
  ...textConflicts(args),
  ...shardConflicts(args),
  {
    holds: args.annotate && !args.jsonl,
    flags: ["annotate"],
    problem: "--annotate adds to lines of JSON: give --jsonl, with their file",
  },
  {
    holds: args.annotate && args.json,
    flags: ["json"],
    problem: "--annotate writes lines of JSON: leave --json out",
  },
  {
    holds: args.prompt !== undefined && args.jsonl,
    flags: ["prompt"],
    problem: '--prompt is for texts: with --jsonl each line has its "prompt"',
  },
  {
    holds: args.by !== undefined && !args.jsonl,
    flags: ["by"],
    problem: "--by is about pairs: give --jsonl, with lines of them",
  },
  {
    holds: args.model !== undefined && (args.reward !== undefined || args.rewardCommand !== undefined),
    flags: ["model"],
    problem: "--model is a source of rewards like the others: name it with --reward model:MODEL",
  },
];
