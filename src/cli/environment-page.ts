/** `gpt help environment`: where the values of flags come from. */
import { pageWidth, pairs, wrapped } from "./terminal/format.ts";
import { nameOf, type Verb } from "./verb.ts";

/** Where the page has a table of flags. */
const OWN_FLAGS = "(flags of single commands)";

/** @param verbs whose flags are told apart */
export async function environmentPage(verbs: readonly Verb[]): Promise<string> {
  const own = await ownFlags(verbs);
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
What one run works on is taken from the command line and standard input alone:
${inWords(own.shared)}, and

${OWN_FLAGS}

Where none of them has it, the model's generation_config.json counts, then the default that --help shows in brackets.
`;
  const alone = own.alone.map(({ verb, names }) => [`of gpt ${verb}`, inWords(names)] as const);
  const page = text.split("\n").flatMap((line) => {
    if (line === OWN_FLAGS) return [pairs(alone, pageWidth()).trimEnd()];
    return line.startsWith("$") ? [line] : wrapped(line, columns);
  });
  return `${page.join("\n")}\n${variables}`;
}

/** Flags of the command line alone. */
interface OwnFlags {
  /** Of several verbs. */
  readonly shared: readonly string[];
  readonly alone: readonly { readonly verb: string; readonly names: readonly string[] }[];
}

async function ownFlags(verbs: readonly Verb[]): Promise<OwnFlags> {
  const all = await Promise.all(
    verbs.map(async (verb) => {
      const { flags } = (await verb.load()).command;
      const own = Object.entries(flags).filter(([, { inherited = true }]) => !inherited);
      return { verb: nameOf(verb), names: own.map(([name]) => name) };
    }),
  );
  const isShared = (name: string) => all.filter(({ names }) => names.includes(name)).length > 1;
  const shared = [...new Set(all.flatMap(({ names }) => names).filter(isShared))];
  const alone = all.map(({ verb, names }) => ({ verb, names: names.filter((name) => !isShared(name)) }));
  return { shared, alone: alone.filter(({ names }) => names.length > 0) };
}

const inWords = (names: readonly string[]): string => names.map((name) => `--${name}`).join(", ");
