/** Flags of `gpt choose`. */

import { flagGroup, text, toggle, value } from "../../flags/flags.ts";
import { constraintFlags } from "../../flags/grammar/flags.ts";
import { inputConflicts, inputFlags } from "../../flags/input-flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const chooseFlags = {
  ...flagGroup("Input:", {
    prompt: value(text, "The text before the choice [standard input, less one line feed at its end]", {
      alias: "p",
      inherited: false,
    }),
  }),
  ...inputFlags,
  ...flagGroup("Input:", {
    choices: {
      ...constraintFlags.choices,
      describe:
        "The texts to choose from: yes,no. A blank comes between, unless the prompt ends with white space",
    },
  }),
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Output:", {
    json: toggle("A line of JSON: the choices with their probabilities, and the likeliest"),
    "exit-code": toggle("The exit status is 0 if the first choice is the likeliest, else 1", {
      inherited: false,
    }),
    quiet: toggle("Nothing on standard output, no spinner", { alias: "q" }),
  }),
  ...colorFlag,
};

export type ChooseArguments = ParsedFlags<typeof chooseFlags>;

export const chooseConflicts = (args: ChooseArguments) => [
  ...inputConflicts(args),
  {
    holds: args.quiet && args.json,
    flags: ["quiet"],
    problem: "--quiet writes nothing: leave --json out",
  },
];
