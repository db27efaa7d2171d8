/** `gpt tokenizer`: trains a tokenizer, or shows how well one suits texts. */
import { type DataSource, findSources } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { trainingPatternNames } from "../../../tokenizer/trainer/index.ts";
import { defineCommand } from "../../command.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, list, oneOf, path, text, toggle, value } from "../../flags/flags.ts";
import { modelFlag } from "../../flags/model-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { isConnected } from "../../terminal/input.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { showStatistics } from "./stats.ts";
import { train } from "./train.ts";

/** Flags of one action are taken from the command line alone: elsewhere they are not meant for the other one. */
const own = { inherited: false };

const trainingFlags = flagGroup("train:", {
  output: value(path, "The directory to write tokenizer.json, vocab.json and merges.txt into", {
    alias: "o",
  }),
  "vocab-size": value(integer(1), "Tokens of the vocabulary, at most [30000]", own),
  special: list(text, "A control token besides <|endoftext|>, such as <|im_start|>", own),
  "min-frequency": value(integer(1), "How often a pair must occur to become a token [2]", own),
  pattern: value(
    oneOf(...trainingPatternNames),
    "How texts are split: as by GPT-2, GPT-4, Qwen 2, GPT-4o or Mistral [gpt2]",
    own,
  ),
});

const flags = {
  ...flagGroup("Input:", {
    action: value(oneOf("train", "stats"), "What to do: train or stats", { inherited: false }),
    files: list(path, "Text or .jsonl files, directories, patterns, - for standard input", {
      inherited: false,
    }),
  }),
  ...trainingFlags,
  ...flagGroup("stats:", { model: { ...modelFlag.model, ...own } }),
  ...flagGroup("Output:", {
    json: toggle("One line of JSON"),
    quiet: toggle("No progress, no summary", { alias: "q" }),
  }),
};

export type TokenizerArguments = ParsedFlags<typeof flags>;

export const command = defineCommand({
  examples: [
    "gpt tokenizer train stories.txt -o my-tokenizer --vocab-size 4096",
    "gpt tokenizer train 'data/**/*.jsonl' -o my-tokenizer --special '<|im_start|>' --special '<|im_end|>'",
    "gpt tokenizer stats other.txt -m my-tokenizer",
  ],
  flags,
  conflicts: conflictsOf,
  async handler(args) {
    const { action } = args;
    if (action === undefined) throw new GptError("usage", "gpt tokenizer train, or gpt tokenizer stats?");
    const sources = await findInput(args.files, action);
    await interruptible((signal) =>
      action === "train" ? train(sources, args, signal) : showStatistics(sources, args, signal),
    );
  },
});

/** Flags that only the other action has. */
function conflictsOf(args: TokenizerArguments): readonly Conflict[] {
  const { action } = args;
  const others = action === "train" ? ["model"] : Object.keys(trainingFlags);
  return others.map((name) => ({
    holds: action !== undefined && args[name] !== undefined,
    flags: [name],
    problem: `--${name} has no meaning for gpt tokenizer ${action}`,
  }));
}

/** Where no file is named, what is piped in. */
async function findInput(files: readonly string[] | undefined, action: string): Promise<DataSource[]> {
  if (files !== undefined) return findSources(files);
  if (isConnected(0)) return findSources(["-"]);
  throw new GptError("usage", `no text is given: try gpt tokenizer ${action} stories.txt, or pipe it in`);
}
