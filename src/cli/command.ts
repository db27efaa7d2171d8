/** What a verb's module holds: its flags, as data, and what it does. yargs checks the values and writes --help. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import { GptError } from "../errors.ts";
import { type Conflict, type Inheriting, settled } from "./flags/conflicts.ts";
import { commonFlags, type Flags, namedFlags } from "./flags/flags.ts";
import { type Givens, inheritedNames, toArguments } from "./flags/given.ts";
import type { Verb } from "./verbs.ts";

declare module "yargs" {
  interface Argv<T> {
    /** Missing in @types/yargs. */
    usageConfiguration(configuration: { "hide-types": boolean }): this;
  }
}

/** What a handler gets for these flags: under their names in camel case, undefined where one was not given. */
export type Arguments<F extends Flags> = Parsed<F> & Inheriting;
type Parsed<F extends Flags> = ArgumentsCamelCase<InferredOptionTypes<F>>;

interface Definition<F extends Flags> {
  readonly examples: readonly string[];
  readonly flags: F;
  /** What does not go together; the handler gets arguments without it. */
  conflicts?(args: Arguments<F>): readonly Conflict[];
  handler(args: Arguments<F>): Promise<void>;
}

export interface Command {
  readonly flags: Flags;
  /** Does what the verb does; with --help given, returns the page instead. */
  run(verb: Verb, givens: Givens): Promise<string>;
}

/** Infers the type of the handler's arguments from the flags. */
export function defineCommand<const F extends Flags>({
  examples,
  flags,
  conflicts = () => [],
  handler,
}: Definition<F>): Command {
  return {
    flags,
    async run({ usage, describe }, givens) {
      const parser = await createParser();
      parser.usage(help(usage, describe, examples)).epilogue(notes(flags));
      const inherited = inheritedNames(givens);
      const origin = (name: string) => givens.get(name)?.origin ?? `--${name}`;
      parser.command({
        command: "$0", // no name: what is parsed are the verb's flags alone
        builder: (yargs) =>
          yargs
            .options(namedFlags({ ...flags, ...commonFlags }, origin))
            .help("help", commonFlags.help.describe),
        async handler(args: Parsed<F>) {
          await handler(settled({ ...args, inherited }, conflicts));
        },
      });
      let page = "";
      await parser.parseAsync(
        toArguments(givens, { ...flags, ...commonFlags }),
        {},
        (_error, _args, text) => {
          page = text;
        },
      );
      return page;
    },
  };
}

async function createParser(): Promise<Argv> {
  const { default: yargs } = await import("yargs");
  return yargs()
    .scriptName("gpt")
    .locale("en")
    .parserConfiguration({ "boolean-negation": false, "dot-notation": false, "nargs-eats-options": true })
    .strict()
    .help(false)
    .version(false)
    .usageConfiguration({ "hide-types": true })
    .wrap(Math.min(100, process.stdout.columns || 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw message ? new GptError("usage", message) : error;
    });
}

/** The top of a help page: what it does and what to type, before any list. */
export function help(usage: string, describe: string, examples: readonly string[]): string {
  return [`gpt ${usage}`, "", describe, "", ...examples.map((example) => `$ ${example}`)].join("\n");
}

/** The end of a verb's help page. */
function notes(flags: Flags): string {
  const synonyms = Object.values(flags).flatMap(({ synonyms = [] }) => synonyms.map((name) => `--${name}`));
  const others = synonyms.length > 0 ? `, and other tools' names for a flag: ${synonyms.join(", ")}` : "";
  return [
    `In brackets: what holds where a flag is not given. _ is understood for -${others}.`,
    "A flag can also be a variable, GPT_NAME, or stand in a --config file: gpt help environment.",
  ].join("\n");
}
