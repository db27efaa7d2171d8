/** Flags of `gpt tokenizer`. Some belong to one action only. */
import { trainingPatternNames } from "../../../tokenizer/trainer/index.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, list, oneOf, path, text, value } from "../../flags/flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import { jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

/**
 * Flags of one action come from the command line alone: a config file would set them for the other action
 * too.
 */
const own = { inherited: false };

const trainingFlags = flagGroup("train:", {
  output: outputFlag("The directory to write tokenizer.json, vocab.json and merges.txt into"),
  "vocab-size": value(integer(1), "Tokens of the vocabulary, at most [30000]", own),
  special: list(text, "A control token besides <|endoftext|>, such as <|im_start|>", own),
  "min-frequency": value(integer(1), "How often a pair must occur to become a token [2]", own),
  pattern: value(
    oneOf(...trainingPatternNames),
    "How texts are split: as by GPT-2, GPT-4, Qwen 2, GPT-4o or Mistral [gpt2]",
    own,
  ),
});

export const tokenizerFlags = {
  ...flagGroup("Input:", {
    action: value(oneOf("train", "stats"), "What to do: train or stats", { inherited: false }),
    files: list(path, "Text or .jsonl files, directories, patterns, - for standard input", {
      inherited: false,
    }),
  }),
  ...trainingFlags,
  ...flagGroup("stats:", { model: { ...modelFlag.model, ...own } }),
  ...flagGroup("Output:", {
    json: jsonFlag(),
    quiet: quietFlag("No progress, no summary"),
  }),
};

export type TokenizerArguments = ParsedFlags<typeof tokenizerFlags>;

/** Flags that only the other action has. */
export function tokenizerConflicts(args: TokenizerArguments): readonly Conflict[] {
  const { action } = args;
  const others = action === "train" ? ["model"] : Object.keys(trainingFlags);
  return others.map((name) => ({
    holds: action !== undefined && args[name] !== undefined,
    flags: [name],
    problem: `--${name} has no meaning for gpt tokenizer ${action}`,
  }));
}
