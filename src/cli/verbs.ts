/** The table of contents: the verbs, as --help lists them. A verb's module is loaded when it is used. */

import type { Verb } from "./verb.ts";

export const verbs: readonly Verb[] = [
  {
    usage: "generate [prompt]",
    describe: "Continue a text",
    load: () => import("./verbs/generate/command.ts"),
  },
  {
    usage: "prompt [action] [name] [prompt]",
    describe: "List, show or run prompts that have names",
    load: () => import("./verbs/prompt/command.ts"),
  },
  {
    usage: "chat [prompt]",
    describe: "Talk with a model that was trained to chat",
    load: () => import("./verbs/chat/command.ts"),
  },
  {
    usage: "choose [prompt]",
    describe: "Say which of some words a text goes on with, and how likely each is",
    load: () => import("./verbs/choose/command.ts"),
  },
  {
    usage: "schema [file]",
    describe: "Show which keywords of a JSON schema hold a text to it",
    load: () => import("./verbs/schema/command.ts"),
  },
  {
    usage: "template",
    describe: "Show the prompt that a chat template makes of messages",
    load: () => import("./verbs/template/command.ts"),
  },
  {
    usage: "classify [text..]",
    describe: "Name the classes of texts with a classifier",
    load: () => import("./verbs/classify/command.ts"),
  },
  {
    usage: "reward [text..]",
    describe: "Tell how much texts are preferred, by a model or rules",
    load: () => import("./verbs/reward/command.ts"),
  },
  {
    usage: "label [files..]",
    describe: "Say which of two answers is better, one key each",
    load: () => import("./verbs/label/command.ts"),
  },
  {
    usage: "fill-mask [text..]",
    describe: "Guess the masked words of texts with an encoder",
    load: () => import("./verbs/fill-mask/command.ts"),
  },
  {
    usage: "embed [text..]",
    describe: "Turn texts into vectors, compare and search them",
    load: () => import("./verbs/embed/command.ts"),
  },
  {
    usage: "gather [part..]",
    describe: "Join the files of a run that several processes shared",
    load: () => import("./verbs/gather/command.ts"),
  },
  {
    usage: "tokenize [text]",
    describe: "Show the tokens of a text",
    load: () => import("./verbs/tokenize/command.ts"),
  },
  {
    usage: "detokenize [ids..]",
    describe: "Turn token ids back into text",
    load: () => import("./verbs/detokenize/command.ts"),
  },
  {
    usage: "tokenizer [action] [files..]",
    describe: "Train a tokenizer, or show how well one suits texts",
    load: () => import("./verbs/tokenizer/command.ts"),
  },
  {
    usage: "merge [model] [adapter..]",
    describe: "Write a model with LoRA adapters in its weights",
    load: () => import("./verbs/merge/command.ts"),
  },
  {
    usage: "quantize [model]",
    describe: "Write a model in fewer bits, and report what that costs",
    load: () => import("./verbs/quantize/command.ts"),
  },
  {
    usage: "prune [model]",
    describe: "Write a model with weights, heads or layers taken out",
    load: () => import("./verbs/prune/command.ts"),
  },
  {
    usage: "serve",
    describe: "Answer requests over HTTP, as OpenAI's API has them",
    load: () => import("./verbs/serve/command.ts"),
  },
  {
    usage: "inspect [model]",
    describe: "Show a model's family, shapes, parameters and memory",
    load: () => import("./verbs/inspect/command.ts"),
  },
  {
    usage: "look [view] [text..]",
    describe: "See inside a model: attention, lens, what made a token",
    load: () => import("./verbs/look/command.ts"),
  },
  {
    usage: "models",
    describe: "List the models that have names, and those of the cache",
    load: () => import("./verbs/models/command.ts"),
  },
  {
    usage: "pull [name..]",
    describe: "Fetch models from the Hugging Face hub",
    load: () => import("./verbs/pull/command.ts"),
  },
  {
    usage: "rm [name..]",
    describe: "Remove models from the Hugging Face cache",
    load: () => import("./verbs/rm/command.ts"),
  },
  {
    usage: "train [data..]",
    describe: "Train a model on texts, or go on with one",
    load: () => import("./verbs/train/command.ts"),
  },
  {
    usage: "eval [what] [names..]",
    describe: "Measure how good a model is: perplexity, tasks",
    load: () => import("./verbs/eval/command.ts"),
  },
  {
    usage: "probe [what] [file]",
    describe: "Show what a model prefers where names are swapped",
    load: () => import("./verbs/probe/command.ts"),
  },
  {
    usage: "score [metric] [files..]",
    describe: "Score texts against right ones: BLEU, chrF, TER, ROUGE ..",
    load: () => import("./verbs/score/command.ts"),
  },
  {
    usage: "replay [result]",
    describe: "Run again what made a result, and say what is equal",
    load: () => import("./verbs/replay/command.ts"),
  },
  {
    usage: "plan [model]",
    describe: "Tell what a model takes of a machine, and how fast it will run",
    load: () => import("./verbs/plan/command.ts"),
  },
  {
    usage: "bench [what] [names..]",
    describe: "Measure tokens per second, or what kernels reach",
    load: () => import("./verbs/bench/command.ts"),
  },
  {
    usage: "completion [shell]",
    describe: "Write a script that completes commands and flags",
    load: () => import("./verbs/completion/command.ts"),
  },
];
