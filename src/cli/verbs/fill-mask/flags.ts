/** Flags of `gpt fill-mask`, and their conflicts. */

import { flagGroup, integer, list, text, toggle, value } from "../../flags/flags.ts";
import { inputFlags } from "../../flags/input-flags.ts";
import { modelFlag, readerFlags } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const fillMaskFlags = {
  ...flagGroup("Input:", {
    text: list(text, "A text with masks, such as [MASK] [standard input, less one line feed at its end]", {
      inherited: false,
    }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    lines: toggle("Every line of the input is a text; a bad one is answered with an empty line"),
    jsonl: toggle('Every line is JSON, {"text": "..."}, for a pair with "text_pair"'),
  }),
  ...modelFlag,
  ...readerFlags,
  ...flagGroup("Output:", {
    top: value(integer(1), "Tokens for each mask [5]", { alias: "k" }),
    json: jsonFlag("A line of JSON for each text, with its masks or its error"),
    quiet: quietFlag("Nothing on standard error but errors"),
  }),
  ...colorFlag,
};

export type FillMaskArguments = ParsedFlags<typeof fillMaskFlags>;
