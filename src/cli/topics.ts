/** Pages of `gpt help` that are not about one command. */

import { closest } from "../checks/closest.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import { exitCodesPage } from "./exit-codes.ts";
import { pageWidth, pairs, wrapped } from "./terminal/format.ts";

export interface Topic {
  readonly name: string;
  readonly describe: string;
  readonly page: () => string;
}

export const topics: readonly Topic[] = [
  { name: "environment", describe: "Flags as variables and in a config file", page: environmentPage },
  { name: "exit-codes", describe: "What the exit status says", page: exitCodesPage },
];

/**
 * @param verbs the words that have a help page of their own
 * @returns undefined for a verb
 * @throws GptError `usage` for a word without help
 */
export function topicPage(word: string, verbs: readonly string[]): string | undefined {
  const topic = topics.find(({ name }) => name === word);
  if (topic !== undefined) return topic.page();
  if (verbs.includes(word)) return undefined;
  const words = [...topics.map(({ name }) => name), ...verbs];
  const near = closest(word, words);
  const advice = near ? `did you mean gpt help ${near}?` : `there is help on ${words.join(", ")}`;
  throw new GptError("usage", `no help on ${quote(word)}; ${advice}`);
}

function environmentPage(): string {
  const columns = process.stdout.columns || Number.POSITIVE_INFINITY;
  const rows: readonly (readonly [string, string])[] = [
    ["GPT_MODEL", "the model, where -m gives none"],
    ["GPT_MODELS", "a folder of models, to be found by their names"],
    ["GPT_CONFIG", "the config file, where --config gives none"],
    ["GPT_DEBUG", "1: errors show where they come from"],
    ["GPT_PRODUCTS", "pairs or dots: products with quantized weights, for benchmarks"],
    ["NO_COLOR", "not empty: no colours, where --color does not say otherwise"],
    ["FORCE_COLOR", "colours although no terminal is seen: 1 for 16, 2 for 256; 0: none"],
    ["TERM", "dumb: no colours, and nothing that moves"],
    ["CI", "set: nothing that moves"],
  ];
  const variables = pairs(rows, pageWidth());
  const text = `Environment

$ export GPT_TEMP=0.7 GPT_TOP_K=20 GPT_QUIET=1
$ gpt generate "Once upon a time" --config story.json

Every flag of a command can be given in three places. The first that has it counts:

  1. the command line           --top-k 20
  2. an environment variable    GPT_TOP_K=20
  3. the config file            { "top-k": 20, "stop": ["The End", "\\n\\n"], "quiet": true }

A switch is 1, true, yes or on in a variable, or 0, false, no or off; --no-quiet takes it back. A flag that may be
repeated takes one value there, or several as JSON: GPT_STOP='["The End", "\\n\\n"]'. An empty variable is none.

What is given there is meant for many runs: where it has no effect beside what is typed, or excludes it, it gives way.
What one run works on is taken from the command line and standard input alone: --prompt, --text, --pair, --ids, --file,
--files, --shots, --template, --var, --search, --npy, --resume, --report, --manifest, --shell; of gpt reward --by; of gpt tokenizer --action, --vocab-size, --special, --min-frequency, --pattern and --model;
of gpt score --metric, --system, --bootstrap, --randomization and --seed; of gpt prompt --action and --name; of gpt pull --name; of gpt rm --name and --dry-run; of gpt template --messages and --tools; of gpt chat --continue; of gpt serve --host, --port and --chat-template;
of gpt eval --data, --task, --draw, --limit, --max-tokens, --log-samples, --doc, --windows, --stride, --chunks, --documents, --wikitext, --apply-chat-template, --fewshot-as-multiturn, --system-instruction and --compare;
of gpt look --view, --layer, --head, --position, --neuron, --token, --against, --baseline, --steps, --by, --from, --mean, --without, --scale, --vector and --save;
of gpt merge --average, --slerp, --task-arithmetic, --ties, --weights and --density;
of gpt quantize --imatrix and --calibrate; of gpt replay --result; of gpt probe --what and --file; and of gpt bench --what, --names and --output.

Where none of them has it, the model's generation_config.json counts, then the default that --help shows in brackets.
`;
  const page = text.split("\n").flatMap((line) => (line.startsWith("$") ? [line] : wrapped(line, columns)));
  return `${page.join("\n")}\n${variables}`;
}
