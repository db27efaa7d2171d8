/**
 * Commands in the process of the test, for what a process of its own does not show, such as what they cover.
 */
import { join } from "node:path";
import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { root } from "../habits/sources.ts";

export interface InProcess {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command at a time: standard output and error, and the exit status, are those of the process. */
export async function inProcess(...args: readonly string[]): Promise<InProcess> {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation(into(out));
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation(into(err));
  const { argv, exitCode } = process;
  process.stdout.setMaxListeners(0); // each command listens for errors until its process ends
  process.stderr.setMaxListeners(0);
  process.argv = [process.execPath, join(root, "bin/gpt.js"), ...args];
  process.exitCode = undefined;
  try {
    await main(args);
    return { status: Number(process.exitCode ?? 0), stdout: out.join(""), stderr: err.join("") };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
    stdout.mockRestore();
    stderr.mockRestore();
  }
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
