/** Flags of `gpt bench`. Some belong to models or to kernels only. */
import { kernelCases } from "../../../bench/kernels.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { expected, flagGroup, integer, list, oneOf, path, toggle, value } from "../../flags/flags.ts";
import { engineFlags, modelFlag } from "../../flags/model-flags.ts";
import { jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { integers, percentage } from "../../flags/values/numbers.ts";
import { benchFormats } from "./formats.ts";

/** From the command line alone: the measured thing, and -o, which is a path for other verbs. */
const own = { inherited: false };

const kernels = Object.assign(
  (word: string): "kernels" => {
    if (word === "kernels") return word;
    throw expected("kernels, or nothing (-m names a model)", word);
  },
  { completion: ["kernels"] },
);

const kernelWord = Object.assign((word: string): string => word, {
  completion: kernelCases.map(({ name }) => name),
});

const { threads: _one, simd, ...ofModel } = engineFlags;

const modelFlags = {
  ...modelFlag,
  ...ofModel,
  ...flagGroup("Model:", {
    "n-prompt": value(integers(0), "Tokens of prompts; 0: none [512, or the context]", { alias: "p" }),
    "n-gen": value(integers(0), "Tokens to generate; 0: none [128, or the context]", { alias: "n" }),
    "n-depth": value(integers(0), "Tokens before these, which are not timed [0]", { alias: "d" }),
    "no-warmup": toggle("Count the first run too, while code is still being compiled"),
  }),
};

const kernelFlags = flagGroup("Kernels:", {
  names: list(
    kernelWord,
    "gpt bench kernels WORD..: those with one of these words in their names [all]",
    own,
  ),
  baseline: value(path, "A file that --json wrote: show how far each share of the peak has changed"),
  "fail-over": value(percentage, "With --baseline: exit with 1 where a share fell by more, such as 10%"),
});

export const benchFlags = {
  ...flagGroup("Measurement:", {
    what: value(kernels, "kernels: measure these, not a model", own),
    repetitions: value(integer(1), "Runs, or rounds of kernels, that count [5]", { alias: "r" }),
    threads: value(integers(1), "Threads, or a list: 1,2 or 1-8*2 [one per core, at most 8]", { alias: "t" }),
    simd,
  }),
  ...modelFlags,
  ...kernelFlags,
  ...flagGroup("Output:", {
    output: value(oneOf(...benchFormats), "md, csv, json or jsonl [md]", { alias: "o", ...own }),
    json: jsonFlag(),
    quiet: quietFlag("No progress"),
  }),
};

export type BenchArguments = ParsedFlags<typeof benchFlags>;

export function benchConflicts(args: BenchArguments): readonly Conflict[] {
  const { what, output, json, baseline, failOver } = args;
  const others = Object.keys(what === "kernels" ? modelFlags : kernelFlags);
  return [
    ...others.map((name) => ({
      holds: args[name] !== undefined,
      flags: [name],
      problem: `--${name} has no meaning for gpt bench ${what ?? "without kernels"}`,
    })),
    {
      holds: json && output !== undefined && output !== "json",
      flags: ["json"],
      problem: `--json is not -o ${output}: choose one`,
    },
    {
      holds: failOver !== undefined && baseline === undefined,
      flags: ["fail-over"],
      problem: "--fail-over needs --baseline FILE, which it is measured against",
    },
  ];
}
