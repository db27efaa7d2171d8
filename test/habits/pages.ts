/** The pages for readers, README.md and docs/, and the commands and programs on them. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./sources.ts";

export interface Block {
  readonly language: string;
  readonly text: string;
  /** The number of its first line. */
  readonly line: number;
  /** Why it is not run, as the comment before it says: `<!-- not run: needs the network -->`. */
  readonly notRun: string | undefined;
}

export interface Command {
  /** What the shell gets. */
  readonly command: string;
  /** What the page shows of standard output and standard error. */
  readonly shown: readonly string[];
}

export const pages: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Fenced blocks of a page. */
export function blocksOf(text: string): Block[] {
  const fences = text.matchAll(/(?:^<!-- not run: (.*) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...fences].map(({ index, 1: notRun, 2: language = "", 3: content = "" }) => ({
    language,
    text: content,
    line: text.slice(0, index).split("\n").length + (notRun === undefined ? 1 : 2),
    notRun,
  }));
}

/** The commands of a console block: lines after `$ `, each with the lines that it writes. */
export function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...shown] = part.trimEnd().split("\n");
      return { command, shown };
    });
}
