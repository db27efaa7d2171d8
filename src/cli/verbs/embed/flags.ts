/** Flags of `gpt embed`, and their conflicts. */

import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, list, path, text, toggle, value } from "../../flags/flags.ts";
import { inputFlags } from "../../flags/input-flags.ts";
import { modelFlag, readerFlags } from "../../flags/model-flags.ts";
import { colorFlag, completeFileFlag, jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { shardConflicts, shardFlags } from "../../flags/shard-flags.ts";
import { textConflicts } from "../../texts.ts";

export const embedFlags = {
  ...flagGroup("Input:", {
    text: list(text, "A text [standard input, less one line feed at its end]", { inherited: false }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    lines: toggle("Every line of the input is a text"),
    jsonl: toggle('Every line of the input is JSON, {"text": "..."}; answers are JSON too'),
    "prompt-name": value(
      text,
      "A prompt of the model, put before each text: query, document ... [the model's]",
    ),
  }),
  ...shardFlags,
  ...modelFlag,
  ...readerFlags,
  ...flagGroup("Output:", {
    similarity: toggle("The cosines of all pairs of texts instead of vectors"),
    search: value(text, "The lines of the input that are nearest to this text, with their cosines", {
      inherited: false,
    }),
    top: value(integer(1), "Lines that --search shows [10]", { alias: "k" }),
    npy: value(path, "Write the vectors to a file of NumPy, f32 [texts, dimensions]", { inherited: false }),
    json: jsonFlag("A line of JSON for each text"),
    output: completeFileFlag,
    quiet: quietFlag("Nothing on standard error but errors"),
  }),
  ...colorFlag,
};

export type EmbedArguments = ParsedFlags<typeof embedFlags>;

export function embedConflicts(args: EmbedArguments): readonly Conflict[] {
  const { search, similarity, npy, top, jsonl } = args;
  const others = textConflicts({ ...args, jsonl: args.text === undefined && jsonl });
  return [
    ...others,
    ...shardConflicts(args),
    {
      holds: args.shard !== undefined && (search !== undefined || similarity),
      flags: ["shard"],
      problem: "--shard is for vectors: not with --search or --similarity, which need all of them",
    },
    {
      holds: search !== undefined && similarity,
      flags: ["similarity"],
      problem: "give --search or --similarity, not both",
    },
    {
      holds: npy !== undefined && (search !== undefined || similarity),
      flags: ["npy"],
      problem: "--npy writes vectors: not with --search or --similarity",
    },
    { holds: top !== undefined && search === undefined, flags: ["top"], problem: "--top goes with --search" },
  ];
}
