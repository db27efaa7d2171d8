/** Flags of `gpt eval`. */
import { seedRule } from "../../../checks/rules.ts";
import { PROTOCOLS } from "../../../evaluate/perplexity/protocol.ts";
import { groups, tasks } from "../../../evaluate/tasks/table.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import {
  flagGroup,
  integer,
  list,
  modelPath,
  numberBy,
  oneOf,
  path,
  text,
  toggle,
  value,
} from "../../flags/flags.ts";
import { engineFlags } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { shardFlags } from "../../flags/shard-flags.ts";

/** From the command line alone. */
const own = { inherited: false };

/** What `gpt eval` does beside running a task. */
export const ACTIONS: readonly string[] = ["perplexity", "list", "show", "compare"];

const what = Object.assign((word: string): string => word, {
  completion: [...ACTIONS, ...groups.map(({ name }) => name), ...tasks.map(({ name }) => name)],
});

const taskFlags = flagGroup("Tasks:", {
  data: value(path, "The folder of the tasks' files, or a file of items for one task", own),
  task: list(path, "A task of one's own: a file of JSON", own),
  shots: value(integer(0), "Solved examples before each item [the task's]", {
    ...own,
    synonyms: ["num-fewshot"],
  }),
  draw: value(oneOf("random", "first"), "How examples are taken [the task's]", own),
  limit: value(integer(1), "Items of each task, from the start [all]", own),
  seed: value(numberBy(seedRule), "Of the examples [1234]", own),
  "apply-chat-template": toggle("Prompts are messages in the model's chat template", own),
  "fewshot-as-multiturn": value(
    oneOf("true", "false"),
    "With the chat template: examples are turns of their own [true]",
    own,
  ),
  "system-instruction": value(text, "With the chat template: what the system message begins with", own),
  "max-tokens": value(integer(1), "Tokens of a generated answer, at most [the task's]", {
    ...own,
    alias: "n",
  }),
  "log-samples": value(path, "A .jsonl file for each item's prompt, answer and scores", own),
  doc: value(integer(0), "show: the item, from 0 [0]", own),
});

const perplexityFlags = flagGroup("perplexity:", {
  windows: value(
    oneOf(...PROTOCOLS),
    "half and sliding: as llama-perplexity and its --ppl-stride; strided: as Hugging Face's page; rolling: as lm-evaluation-harness [half]",
    own,
  ),
  stride: value(integer(1), "Tokens between windows, sliding or strided [half a window]", own),
  chunks: value(integer(1), "How many windows, from the start [all]", own),
  documents: toggle("Texts between <|endoftext|> have windows of their own", own),
  wikitext: toggle(
    "The text is WikiText: pages are read as usual text and scored by their own words, in rolling windows",
    own,
  ),
  compare: value(
    modelPath,
    "Another model on the same tokens: KL divergence, equal top tokens, changes",
    own,
  ),
});

export const evalFlags = {
  ...flagGroup("Input:", {
    what: value(what, "perplexity, the name of a task or a group, list, show, or compare", own),
    names: list(
      path,
      "perplexity: the text files; compare: two files of -o, or two of --log-samples; else more tasks",
      own,
    ),
  }),
  ...shardFlags,
  ...flagGroup("Model:", {
    model: list(
      modelPath,
      "A directory, a .gguf file, or a name in models/ or $GPT_MODELS [$GPT_MODEL or the embedded one]",
      { alias: "m" },
    ),
  }),
  ...engineFlags,
  ...taskFlags,
  ...perplexityFlags,
  ...flagGroup("Output:", {
    output: {
      ...outputFlag(
        "Tasks: the results in JSON, as lm-evaluation-harness has them; perplexity: the losses of each token, from where a stopped run goes on",
      ),
      inherited: false,
    },
    json: jsonFlag(),
    quiet: quietFlag("No progress"),
  }),
  ...colorFlag,
};

export type EvalArguments = ParsedFlags<typeof evalFlags>;

const longFlag = {
  fewshotAsMultiturn: "fewshot-as-multiturn",
  systemInstruction: "system-instruction",
} as const;

/** Flags that perplexity alone, or tasks alone have. */
export function evalConflicts(args: EvalArguments): readonly Conflict[] {
  const { what, model, stride, windows = "half", quant, compare } = args;
  const isPerplexity = what === "perplexity";
  const others = Object.keys(isPerplexity ? taskFlags : perplexityFlags);
  return [
    ...others.map((flag) => ({
      holds: args[flag] !== undefined,
      flags: [flag],
      problem: `--${flag} has no meaning for gpt eval ${what ?? ""}`.trimEnd(),
    })),
    {
      holds: isPerplexity && (model?.length ?? 0) > 1,
      flags: ["model"],
      problem: "give one model, and another one with --compare",
    },
    {
      holds: args.shard !== undefined && args.output === undefined,
      flags: ["shard"],
      problem: "--shard scores a part of the items or windows: name its file with -o",
    },
    {
      holds: args.shard !== undefined && args.logSamples !== undefined,
      flags: ["shard", "log-samples"],
      problem: "--log-samples needs all answers: give it once they are gathered",
    },
    {
      holds: args.wikitext && args.documents,
      flags: ["documents"],
      problem: "--wikitext takes pages for documents: leave --documents out",
    },
    {
      holds: stride !== undefined && windows !== "sliding" && windows !== "strided",
      flags: ["stride"],
      problem: "--stride goes with --windows sliding or strided",
    },
    ...(["fewshotAsMultiturn", "systemInstruction"] as const).map((name) => ({
      holds: args[name] !== undefined && !args.applyChatTemplate,
      flags: [longFlag[name]],
      problem: `--${longFlag[name]} is about messages: give --apply-chat-template too`,
    })),
    {
      holds: quant !== undefined && compare !== undefined,
      flags: ["quant", "compare"],
      problem: "--quant compares the model with its quantized form: give it or --compare, not both",
    },
  ];
}
