/** Where the results of a batch go, line by line: standard output, or a file that a later run can go on with. */
import { constants } from "node:buffer";
import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GptError } from "../../../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../../files/json.ts";
import { type Line, lineText, splitLines } from "../../../../files/lines.ts";
import { placeError, refuseInput, streamOf } from "../../../terminal/destination.ts";
import { Output } from "../../../terminal/output.ts";

/** A file, a device or a pipe. */
interface ResultsFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly stats: Stats;
}

/** The whole lines of an earlier run, at the start of the file. */
export interface KeptLines {
  readonly lines: number;
  /** How many of them are errors. */
  readonly failed: number;
  /** In bytes. */
  readonly size: number;
}

const nothing: KeptLines = { lines: 0, failed: 0, size: 0 };

/** Each line is written at once: whatever ends the process leaves whole lines and at most one that is torn. */
export class Results implements AsyncDisposable {
  readonly kept: KeptLines;
  readonly #file: ResultsFile | undefined;
  readonly #output: Output;

  private constructor(file: ResultsFile | undefined, kept: KeptLines) {
    this.kept = kept;
    this.#file = file;
    this.#output = file
      ? new Output(streamOf({ write: (line) => file.handle.writeFile(line) }), file.path)
      : new Output();
  }

  /**
   * Nothing is changed before `begin`.
   *
   * @param path `-` or undefined: standard output
   * @param resume whether the whole lines of the file are kept
   * @param input what is read, as the system knows it
   * @throws GptError as `placeError` for a file that cannot be written; `usage` for the input; `invalid-file` for a file
   *   to resume that holds something else than results
   */
  static async open(path: string | undefined, resume: boolean, input?: Stats): Promise<Results> {
    if (path === undefined || path === "-") return new Results(undefined, nothing);
    const file = await openFile(path, resume ? "a+" : "a");
    try {
      refuseInput(path, file.stats, input);
      return new Results(file, resume ? await keptLines(file) : nothing);
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  /** The file that a later run can go on with, if there is one. */
  get path(): string | undefined {
    return this.#file?.stats.isFile() ? this.#file.path : undefined;
  }

  /** Whether somebody sees the lines as they are written. */
  get isOnTerminal(): boolean {
    return this.#file === undefined && process.stdout.isTTY;
  }

  /** The results that are kept. */
  async *keptResults(): AsyncGenerator<JsonObject, void, void> {
    if (this.#file === undefined || this.kept.size === 0) return;
    for await (const { result } of resultsIn(this.#file, this.kept.size)) yield result;
  }

  /** Drops what is not kept. */
  async begin(): Promise<void> {
    if (this.path !== undefined) await this.#file?.handle.truncate(this.kept.size);
  }

  /** @param line with its line feed */
  write(line: string): Promise<void> {
    return this.#output.write(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.handle.close();
  }
}

async function openFile(path: string, flags: "a" | "a+"): Promise<ResultsFile> {
  try {
    const handle = await open(path, flags);
    return { path, handle, stats: await handle.stat() };
  } catch (error) {
    throw placeError(path, error);
  }
}

async function keptLines(file: ResultsFile): Promise<KeptLines> {
  if (!file.stats.isFile()) {
    throw new GptError("usage", `${file.path}: is no file, so there is nothing to resume`);
  }
  let { lines, failed, size } = nothing;
  for await (const { result, bytes } of resultsIn(file)) {
    lines++;
    if ("error" in result) failed++;
    size += bytes;
  }
  return { lines, failed, size };
}

/**
 * The results in a file, without a torn one at its end, which is written again.
 *
 * @param size how many bytes are read
 * @throws GptError `invalid-file` for a line that is something else
 */
async function* resultsIn(
  { path, handle }: ResultsFile,
  size = Number.POSITIVE_INFINITY,
): AsyncGenerator<{ readonly result: JsonObject; readonly bytes: number }, void, void> {
  const chunks = handle.createReadStream({ start: 0, end: size - 1, autoClose: false });
  let number = 0;
  for await (const line of splitLines(chunks, constants.MAX_STRING_LENGTH)) {
    number++;
    const result = readResult(line);
    if (!line.ended && (result !== undefined || isTorn(line))) return;
    if (result === undefined) {
      const problem = `line ${number} is no result of a batch; --resume takes the file that -o wrote`;
      throw new GptError("invalid-file", `${path}: ${problem}`);
    }
    yield { result, bytes: line.size };
  }
}

function readResult(line: Line): JsonObject | undefined {
  const value = parse(line);
  return isJsonObject(value) && ("finish_reason" in value || "error" in value) ? value : undefined;
}

function parse(line: Line): JsonValue | undefined {
  try {
    return JSON.parse(lineText(line));
  } catch {
    return undefined;
  }
}

/** How a result may begin. */
const openings = ['{"id":', '{"text":', '{"error":'];

/** Whether this is the start of a result. A crash can leave zeros where something was to be written. */
function isTorn(line: Line): boolean {
  const start = line.bytes?.subarray(0, 16).toString("latin1").replace(/\0.*/s, "");
  if (start === undefined || parse(line) !== undefined) return false;
  return openings.some((opening) => opening.startsWith(start.slice(0, opening.length)));
}
