/** Flags of `gpt generate`, in the order of --help. */

import { count, flagGroup, integer, list, modelPath, path, toggle, value } from "../../flags/flags.ts";
import { controlVector, engineFlags, modelFlag, pullFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { samplingFlags } from "../../flags/sampling-flags.ts";
import { shardFlags } from "../../flags/shard-flags.ts";
import { batchFlags } from "./batch/flags.ts";
import { chatFlags } from "./chat-flags.ts";
import { interactiveFlags } from "./interactive/flags.ts";
import { programFlags } from "./program.ts";
import { promptFlags } from "./prompt.ts";

export const generateFlags = {
  ...promptFlags,
  ...programFlags,
  ...interactiveFlags,
  ...batchFlags,
  ...shardFlags,
  ...chatFlags,
  ...modelFlag,
  ...pullFlag,
  ...engineFlags,
  ...flagGroup("Model:", {
    "control-vector": list(
      controlVector,
      "FILE or FILE:SCALE, a control vector of llama.cpp or gpt look steer: it is added while the text is written",
    ),
  }),
  ...samplingFlags,
  ...flagGroup("Speculation:", {
    draft: value(modelPath, "A smaller model with the same tokens that guesses; the text stays the same"),
  }),
  ...flagGroup("Output:", {
    samples: value(integer(1), "Write N texts, with seed, seed + 1, ... [1]"),
    echo: toggle("Write the prompt first"),
    "no-stream": toggle("Write the text when it is complete, not token by token"),
    json: toggle("A line of JSON for each text: text, ids, why it ended, seed, timings"),
    manifest: toggle(
      "The first line of JSON says what the texts depend on: versions, hashes of the files, settings; gpt replay runs it again",
      { inherited: false },
    ),
    output: value(
      path,
      "Write to a file, which is there once it is complete; a batch adds its results line by line [standard output: -]",
      { alias: "o" },
    ),
  }),
  ...colorFlag,
  ...flagGroup("Output:", {
    quiet: toggle("No spinner and no notes on standard error", { alias: "q" }),
    verbose: count("Rates, seed and why it ended, on standard error; -vv: model and settings too", {
      alias: "v",
    }),
  }),
};

export type GenerateArguments = ParsedFlags<typeof generateFlags>;
