/** The page of `gpt --help`. It does without yargs: loading yargs takes longer than the rest. */

import { commonFlags } from "./flags/flags.ts";
import { pageTop } from "./help-page.ts";
import { pageWidth, pairs } from "./terminal/format.ts";
import { topics } from "./topics.ts";
import type { Verb } from "./verb.ts";

const examples = [
  'gpt generate "Once upon a time"',
  'echo "Once upon a time" | gpt generate -n 200 --temp 0.7 --seed 1',
  'gpt tokenize "Hello, world" --ids | gpt detokenize',
  "gpt inspect models/stories",
];

export function overview(verbs: readonly Verb[]): string {
  const { help: helpFlag, version } = commonFlags;
  return [
    `${pageTop("<command> [flags]", "A GPT that lives in the terminal.", examples)}\n`,
    section(
      "Commands:",
      verbs.map(({ usage, describe }) => [`gpt ${usage}`, describe]),
    ),
    section("Help:", [
      ["gpt <command> --help", "The flags of a command"],
      ...topics.map(({ name, describe }) => [`gpt help ${name}`, describe] as const),
    ]),
    section("Flags:", [
      ["-h, --help", helpFlag.describe],
      ["-V, --version", version.describe],
    ]),
  ].join("\n");
}

const section = (title: string, rows: readonly (readonly [name: string, fact: string])[]): string =>
  `${title}\n${pairs(rows, pageWidth() - 2)
    .replace(/^/gm, "  ")
    .trimEnd()}\n`;
