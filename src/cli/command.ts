/** What a verb's module holds: its flags, as data that arguments.ts can read too, and what it does. */
import type { ArgumentsCamelCase, Argv, InferredOptionTypes } from "yargs";
import type { Flags } from "./arguments/flags.ts";
import type { Verb } from "./verbs.ts";

/** What a handler gets for these flags: under their names in camel case, undefined where one was not given. */
export type Arguments<F extends Flags> = ArgumentsCamelCase<InferredOptionTypes<F>>;

interface Definition<F extends Flags> {
  readonly examples: readonly string[];
  readonly flags: F;
  handler(args: Arguments<F>): Promise<void>;
}

export interface Command {
  readonly flags: Flags;
  /** Makes the verb known to yargs. */
  register(yargs: Argv, verb: Verb): void;
}

/** Infers the type of the handler's arguments from the flags. */
export function defineCommand<const F extends Flags>({ examples, flags, handler }: Definition<F>): Command {
  return {
    flags,
    register: (yargs, { usage, describe }) =>
      yargs.command({
        command: usage,
        describe,
        builder: (yargs) =>
          yargs
            .usage(help(usage, describe, examples))
            .options(flags)
            .epilogue(notes(flags)),
        handler,
      }),
  };
}

/** The top of a help page: what it does and what to type, before any list. */
export function help(usage: string, describe: string, examples: readonly string[]): string {
  return [`gpt ${usage}`, "", describe, "", ...examples.map((example) => `$ ${example}`)].join("\n");
}

/** The end of a verb's help page. */
function notes(flags: Flags): string {
  const synonyms = Object.values(flags).flatMap(({ synonyms = [] }) => synonyms.map((name) => `--${name}`));
  const others = synonyms.length > 0 ? `, and other tools' names for a flag: ${synonyms.join(", ")}` : "";
  return `In brackets: what holds where a flag is not given. _ is understood for -${others}.`;
}
