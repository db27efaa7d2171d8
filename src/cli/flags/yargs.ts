/**
 * yargs, as this program uses it. It is loaded when a verb runs: the first page and the version are there
 * without it.
 */
import type { Argv } from "yargs";

declare module "yargs" {
  interface Argv<T> {
    /** Missing in @types/yargs. */
    usageConfiguration(configuration: { "hide-types": boolean }): this;
  }
}

/** Flags under their own names, words, and the words after `--`. */
export interface ParsedByYargs {
  readonly _: readonly (string | number)[];
  readonly "--"?: readonly (string | number)[];
  readonly $0: string;
  readonly [name: string]: unknown;
}

export async function createParser(): Promise<Argv> {
  const { default: yargs } = await import("yargs");
  return yargs()
    .scriptName("gpt")
    .locale("en")
    .parserConfiguration({
      "boolean-negation": false, // --no-stdin is a flag of its own
      "camel-case-expansion": false,
      "dot-notation": false,
      "nargs-eats-options": true, // --stop "-- END"
      "parse-numbers": false,
      "parse-positional-numbers": false, // the text 007
      "populate--": true,
      "strip-aliased": true,
      "unknown-options-as-args": true, // - an item
    })
    .help(false) // yargs would take the text `help` for --help
    .version(false)
    .exitProcess(false);
}
