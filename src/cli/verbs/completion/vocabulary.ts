/** Words that a shell may complete, from the table of verbs and their flags. */
import { nameOfPositional } from "../../flags/command-line.ts";
import { type Completion, commonFlags, type Flags } from "../../flags/flags.ts";
import { topics } from "../../topics.ts";
import { nameOf, type Verb } from "../../verb.ts";

export interface Word {
  readonly name: string;
  readonly describe: string;
}

export interface FlagWord extends Word {
  /** `--top-k`, and `-k` if the flag has a letter. */
  readonly spellings: readonly string[];
  readonly takesValue: boolean;
  readonly repeatable: boolean;
  /** Words for its value. */
  readonly completion: Completion | undefined;
}

export interface VerbWord extends Word {
  readonly flags: readonly FlagWord[];
  /** Words for a place without a flag. */
  readonly positional: Completion | undefined;
  /** The same after one of the words of `positional`. */
  readonly next: Completion | undefined;
}

export async function gatherVocabulary(verbs: readonly Verb[]): Promise<VerbWord[]> {
  const known = await Promise.all(
    verbs.map(async (verb) => verbWord(verb, (await verb.load()).command.flags)),
  );
  const names = [...known, ...topics].map(({ name }) => name);
  return [
    ...known,
    { name: "help", describe: "Explain a command or a topic", flags: [], positional: names, next: undefined },
  ];
}

function verbWord(verb: Verb, flags: Flags): VerbWord {
  const [positional, next] = verb.usage
    .split(" ")
    .slice(1)
    .map((name) => flags[nameOfPositional(name)]?.completion);
  return {
    name: nameOf(verb),
    describe: verb.describe,
    flags: flagWords({ ...flags, ...commonFlags }),
    positional,
    next: typeof positional === "object" ? next : undefined,
  };
}

const flagWords = (flags: Flags): FlagWord[] =>
  Object.entries(flags).map(([name, { alias, describe, type, repeatable = false, completion }]) => ({
    name,
    spellings: alias === undefined ? [`--${name}`] : [`-${alias}`, `--${name}`],
    describe: describe.replace(/( \[[^\]]*\]| \(repeatable\))+$/, ""), // what it does, not its default
    takesValue: type === "string",
    repeatable: repeatable || type === "count",
    completion,
  }));

/** In the single quotes of bash and zsh. */
export const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
