/** Command lines as they could be typed. */
import type { RunRequest } from "../../../train/run/request.ts";
import { savedFlags } from "./saved-flags.ts";

/** What writes, or classifies, with the product of a run. */
export const useOf = (
  { init, lora, task = "generate" }: Pick<RunRequest, "init" | "lora" | "task">,
  path: string,
): string => commandLine([task, "-m", ...(init && lora ? [init, "--adapter", path] : [path])]);

/** The words of the command that begins such a run, wherever it goes on. */
export const repetition = (args: RunRequest, path: string): string[] => [
  "train",
  ...Object.entries(savedFlags(args)).flatMap(([name, value]) =>
    [value].flat().flatMap((value) => [`--${name}`, String(value)]),
  ),
  "-o",
  path,
];

/** For a POSIX shell. */
export const commandLine = (argv: readonly string[]): string => ["gpt", ...argv.map(shellWord)].join(" ");

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
