/** Runs `gpt`: in the process of the test, or, where conditions ask for it, the built one as a process. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ENVIRONMENT, inProcessWith } from "./in-process.ts";

const bin = fileURLToPath(new URL("../../bin/gpt.js", import.meta.url));

export interface Finished {
  /** The exit status; null if a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Conditions {
  /** Content of standard input. "open" is a pipe that stays silent. Undefined: no input. */
  readonly input?: "open" | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent when the output matches `when`, or `after` milliseconds after the start. */
  readonly signal?: NodeJS.Signals;
  readonly when?: RegExp;
  readonly after?: number;
}

/** In the process of the test: a hundred milliseconds less for each command. */
export const gpt = (...args: readonly string[]): Promise<Finished> => inProcessWith(ENVIRONMENT, ...args);

export const gptWith = (conditions: Conditions, ...args: readonly string[]): Promise<Finished> =>
  run(process.execPath, [bin, ...args], conditions);

/** A line for the shell, in which `gpt` is the program. */
export const shell = (line: string): Promise<Finished> => {
  const program = `gpt() { ${quoted(process.execPath)} ${quoted(bin)} "$@"; }`;
  return run("bash", ["-c", `set -o pipefail; ${program}; ${line}`], {});
};

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

function run(
  command: string,
  args: readonly string[],
  { input, env, signal, when = /./s, after }: Conditions,
): Promise<Finished> {
  const child = spawn(command, args, {
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    env: { ...ENVIRONMENT, ...env },
  });
  child.stdin?.on("error", () => {}); // a process need not read what it is given
  if (input !== "open") child.stdin?.end(input);
  if (after !== undefined) setTimeout(() => child.kill(signal), after);
  let stdout = "";
  let stderr = "";
  let isSent = after !== undefined;
  const notice = () => {
    if (signal === undefined || isSent || !when.test(stdout + stderr)) return;
    isSent = true;
    child.kill(signal);
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    notice();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    notice();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}
