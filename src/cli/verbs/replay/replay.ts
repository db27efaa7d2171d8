/** Runs a command line again in a process of its own, and compares what it says. */
import { spawn } from "node:child_process";
import { GptError } from "../../../errors.ts";
import { type Agreement, compareResults } from "../../../evaluate/differences.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import type { RecordedRun } from "./recorded-run.ts";

export interface Replay extends Agreement {
  /** What the result depends on and is not as recorded: versions, files, threads. */
  readonly changed: readonly Changed[];
}

interface Changed {
  readonly what: string;
  readonly recorded: string;
  readonly found: string;
}

/**
 * Times differ always; the manifest is compared by itself. A file of scores does not name the models, and a
 * batch has its fingerprint, `settings`, in files only.
 */
const IGNORED = new Set([
  "manifest",
  "timings",
  "settings",
  "date",
  "total_evaluation_time_seconds",
  "log_samples",
  "seconds",
  "model",
  "compared",
]);

/** @throws GptError `invalid-file` if the command fails or says nothing; the signal's reason */
export async function replay(
  { command, directory, stdin, result, manifest }: RecordedRun,
  signal: AbortSignal,
): Promise<Replay> {
  const text = await outputOf(command, directory, stdin, signal);
  const found = Array.isArray(result) ? linesOf(text) : (JSON.parse(text) as JsonValue);
  const agreement = compareResults(result, found, IGNORED);
  const [first] = [found].flat() as JsonValue[];
  const now = isJsonObject(first) && isJsonObject(first.manifest) ? first.manifest : {};
  return { ...agreement, changed: changes(manifest, now) };
}

function changes(recorded: JsonObject, found: JsonObject): Changed[] {
  const { differences } = compareResults(recorded, found, new Set(["command", "directory", "seed"]));
  return differences.map(({ path, recorded: before, found: now }) => ({
    what: path.join("."),
    recorded: JSON.stringify(before) ?? "missing",
    found: JSON.stringify(now) ?? "missing",
  }));
}

/** A JSON list, or the values of lines. */
function linesOf(text: string): JsonValue[] {
  if (text.startsWith("[")) return JSON.parse(text) as JsonValue[];
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonValue);
}

function outputOf(
  command: readonly string[],
  directory: string,
  input: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const [, program = ""] = process.argv;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...command], {
      cwd: directory,
      signal,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "inherit"],
    });
    child.stdin?.on("error", () => {}); // it ended before it read all
    child.stdin?.end(input);
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => reject(signal.aborted ? error : failure(command, error.message)));
    child.on("close", (status) => {
      const text = Buffer.concat(chunks).toString();
      // A batch with wrong lines answers them with errors.
      if (status === 0 || (status === someFailedStatus && text !== "")) resolve(text);
      else reject(failure(command, `it ends with ${status}`));
    });
  });
}

const failure = (command: readonly string[], reason: string): GptError =>
  new GptError("invalid-file", `gpt ${command.join(" ")}: cannot be run again: ${reason}`);
