/**
 * Commands in the process of the test: without the start of a process, and with what they cover counted.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { Readable } from "node:stream";
import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { settleColors } from "../../src/cli/settle-colors.ts";
import { root } from "../habits/sources.ts";

export interface InProcess {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a command, whoever runs the tests. */
export const ENVIRONMENT = { PATH: process.env.PATH, TERM: "xterm-256color" };

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs one command at a time: standard output and error, the environment and the exit status are those of the
 * process. Standard input is empty.
 */
export const inProcess = (...args: readonly string[]): Promise<InProcess> =>
  inProcessWith(process.env, ...args);

export function inProcessWith(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<InProcess> {
  const running = last.then(() => run(args, { ...env }));
  last = running.catch(() => {});
  return running;
}

async function run(args: readonly string[], own: NodeJS.ProcessEnv): Promise<InProcess> {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation(into(out));
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation(into(err));
  const { argv, exitCode, env } = process;
  process.stdout.setMaxListeners(0); // each command listens for errors until its process ends
  process.stderr.setMaxListeners(0);
  process.argv = [process.execPath, join(root, "bin/gpt.js"), ...args];
  process.exitCode = undefined;
  process.env = own;
  using _ = emptyInput();
  try {
    settleColors(process.env);
    await main(args);
    return { status: Number(process.exitCode ?? 0), stdout: out.join(""), stderr: err.join("") };
  } finally {
    Object.assign(process, { argv, exitCode, env });
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

/** Until its disposal descriptor 0 is /dev/null for whoever asks what it is. */
function emptyInput(): Disposable {
  const { fstatSync } = fs;
  const empty = fs.statSync("/dev/null");
  fs.fstatSync = ((descriptor: number, options?: undefined) =>
    descriptor === 0 ? empty : fstatSync(descriptor, options)) as typeof fstatSync;
  syncBuiltinESMExports();
  const stdin = Object.getOwnPropertyDescriptor(process, "stdin");
  Object.defineProperty(process, "stdin", { value: Readable.from([]), configurable: true });
  return {
    [Symbol.dispose]() {
      if (stdin) Object.defineProperty(process, "stdin", stdin);
      fs.fstatSync = fstatSync;
      syncBuiltinESMExports();
    },
  };
}

/** As a stream that takes all at once. */
const into =
  (texts: string[]): typeof process.stdout.write =>
  (data: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    texts.push(typeof data === "string" ? data : Buffer.from(data).toString("utf8"));
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") callback();
    return true;
  };
