/** The page of `gpt VERB --help`. yargs lays it out. */
import type { Options } from "yargs";
import { commonFlags, type Flags } from "./flags/flags.ts";
import { createParser } from "./flags/yargs.ts";
import { pageWidth } from "./terminal/format.ts";
import type { Command, Verb } from "./verb.ts";

export async function helpPage(
  { usage, describe }: Verb,
  { examples, flags }: Pick<Command, "examples" | "flags">,
): Promise<string> {
  const all: Flags = { ...flags, ...commonFlags };
  const shown = Object.entries(all).map(
    ([name, { type, alias, describe, group }]) =>
      [name, { type, describe, ...(alias && { alias }), ...(group && { group }) }] as const,
  );
  const parser = await createParser();
  return parser
    .usage(pageTop(usage, describe, examples))
    .options(Object.fromEntries<Options>(shown))
    .epilogue(notes(flags))
    .usageConfiguration({ "hide-types": true })
    .wrap(pageWidth())
    .getHelp();
}

/** The top of a help page: a description and examples, above the lists. */
export const pageTop = (usage: string, describe: string, examples: readonly string[]): string =>
  [`gpt ${usage}`, "", describe, "", ...examples.map((example) => `$ ${example}`)].join("\n");

function notes(flags: Flags): string {
  const synonyms = Object.values(flags).flatMap(({ synonyms = [] }) => synonyms.map((name) => `--${name}`));
  const others = synonyms.length > 0 ? `, and other tools' names for a flag: ${synonyms.join(", ")}` : "";
  return [
    `In brackets: what holds where a flag is not given. _ is understood for -${others}.`,
    "A flag can also be a variable, GPT_NAME, or stand in a --config file: gpt help environment.",
  ].join("\n");
}
