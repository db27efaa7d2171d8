/** Command lines as a person types them. */
import type { JsonValue } from "../../../files/json.ts";
import type { RunRequest } from "../../../train/run/request.ts";
import { savedFlags } from "./saved-flags.ts";

/** Tasks whose models write texts. */
const WRITERS: readonly string[] = ["generate", "dpo", "orpo", "kto", "distill", "ppo", "grpo"];

/** The command that uses the product of a run. An adapter for masks is merged first. */
export function useOf(
  { init, lora, task: given = "generate" }: Pick<RunRequest, "init" | "lora" | "task">,
  path: string,
): string {
  const task = WRITERS.includes(given) ? "generate" : given === "reward" ? "classify" : given;
  if (init === undefined || lora === undefined) return commandLine([task, "-m", path]);
  if (task === "generate") return commandLine([task, "-m", init, "--adapter", path]);
  return commandLine(["merge", init, path, "-o", `${path}-merged`]);
}

/** The words of the command that begins the same run. */
export const repetition = (args: RunRequest, path: string): string[] => [
  "train",
  ...Object.entries(savedFlags(args)).flatMap(([name, value]) =>
    [value].flat().flatMap((value) => flagWords(name, value)),
  ),
  "-o",
  path,
];

/** A switch has no value: `--dora`, `--no-dora`. */
function flagWords(name: string, value: JsonValue | undefined): string[] {
  if (typeof value === "boolean") return [value ? `--${name}` : `--no-${name}`];
  return [`--${name}`, String(value)];
}

/** A command line for a POSIX shell. */
export const commandLine = (argv: readonly string[]): string => ["gpt", ...argv.map(shellWord)].join(" ");

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
