/** The table of contents: the verbs, as --help lists them. A verb's module is loaded when it is used. */
import type { Flags } from "./arguments/flags.ts";
import type { Command } from "./command.ts";

export interface Verb {
  /** Its name, then what may stand without a flag: each such name is a flag too. `..` takes all that is left. */
  readonly usage: string;
  readonly describe: string;
  load(): Promise<{ readonly command: Command }>;
}

export const verbs: readonly Verb[] = [
  {
    usage: "generate [prompt]",
    describe: "Continue a text",
    load: () => import("./commands/generate.ts"),
  },
  {
    usage: "classify [text..]",
    describe: "Name the classes of texts with a classifier",
    load: () => import("./commands/classify.ts"),
  },
  {
    usage: "tokenize [text]",
    describe: "Show the tokens of a text",
    load: () => import("./commands/tokenize.ts"),
  },
  {
    usage: "detokenize [ids..]",
    describe: "Turn token ids back into text",
    load: () => import("./commands/detokenize.ts"),
  },
  {
    usage: "tokenizer [action] [files..]",
    describe: "Train a tokenizer, or show how well one suits texts",
    load: () => import("./commands/tokenizer.ts"),
  },
  {
    usage: "merge [model] [adapter..]",
    describe: "Write a model with LoRA adapters in its weights",
    load: () => import("./commands/merge.ts"),
  },
  {
    usage: "quantize [model]",
    describe: "Write a model in fewer bits, and report what that costs",
    load: () => import("./commands/quantize.ts"),
  },
  {
    usage: "inspect [model]",
    describe: "Show a model's family, shapes, parameters and memory",
    load: () => import("./commands/inspect.ts"),
  },
  {
    usage: "models",
    describe: "List the models that have names",
    load: () => import("./commands/models.ts"),
  },
  {
    usage: "train [data..]",
    describe: "Train a model on texts, or go on with one",
    load: () => import("./commands/train.ts"),
  },
  {
    usage: "bench [what] [names..]",
    describe: "Measure tokens per second, or what kernels reach",
    load: () => import("./commands/bench.ts"),
  },
  {
    usage: "completion [shell]",
    describe: "Write a script that completes commands and flags",
    load: () => import("./commands/completion.ts"),
  },
];

export const nameOf = ({ usage }: Verb): string => usage.split(" ", 1).join();

/** The flags of every verb, in the verbs' order. */
export const loadFlags = (): Promise<Flags[]> =>
  Promise.all(verbs.map(async ({ load }) => (await load()).command.flags));
