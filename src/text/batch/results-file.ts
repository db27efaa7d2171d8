/** The results of a batch in a file, one on each line. A later run can go on after them. */
import { constants } from "node:buffer";
import type { Stats } from "node:fs";
import { access, type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { type Line, lineText, splitLines } from "../../files/lines.ts";
import { type Lock, lockFile } from "../../files/locks/lock.ts";

/** The whole lines of an earlier run, at the start of the file. */
export interface KeptLines {
  readonly lines: number;
  /** How many of them are errors. */
  readonly failed: number;
  /** In bytes. */
  readonly size: number;
}

const CHUNK_BYTES = 1 << 16;

export const nothingKept: KeptLines = { lines: 0, failed: 0, size: 0 };

/**
 * A file that is locked while it is open; or a device or a pipe. Each line is written at once: however the
 * process ends, the file holds whole lines and at most one that is torn.
 */
export class ResultsFile implements AsyncDisposable {
  readonly path: string;
  readonly stats: Stats;
  readonly kept: KeptLines;
  readonly #handle: FileHandle;
  readonly #lock: Lock | undefined;

  private constructor(
    path: string,
    handle: FileHandle,
    stats: Stats,
    kept: KeptLines,
    lock: Lock | undefined,
  ) {
    this.path = path;
    this.stats = stats;
    this.kept = kept;
    this.#handle = handle;
    this.#lock = lock;
  }

  /**
   * Changes nothing before `begin`, but that a missing file is created.
   *
   * @param resume whether the whole lines of the file are kept
   * @param check throws for a file that must not be written
   * @throws an error of the system for a file that cannot be written; GptError `usage` for a file that
   *   another process writes, and without `resume` for one that holds results; `invalid-file` for a file to
   *   resume that holds something else
   */
  static async open(path: string, resume: boolean, check: (stats: Stats) => void): Promise<ResultsFile> {
    await access(dirname(path));
    const lock = await lockFile(path);
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, lock === undefined ? "a" : "a+");
      const stats = await handle.stat();
      check(stats);
      if (!resume && stats.isFile()) await refuseResults(path, handle);
      if (resume && !stats.isFile()) {
        throw new GptError("usage", `${path}: is no file, so there is nothing to resume`);
      }
      const kept = resume ? await keptLines(path, handle) : nothingKept;
      return new ResultsFile(path, handle, stats, kept, lock);
    } catch (error) {
      await handle?.close();
      lock?.[Symbol.dispose]();
      throw error;
    }
  }

  /** The results that are kept. */
  async *keptResults(): AsyncGenerator<JsonObject, void, void> {
    if (this.kept.size === 0) return;
    for await (const { result } of resultsIn(this.path, this.#handle, this.kept.size)) yield result;
  }

  /** Drops everything after the kept lines. */
  async begin(): Promise<void> {
    if (this.stats.isFile()) await this.#handle.truncate(this.kept.size);
  }

  /** @param line with its line feed */
  async write(line: string | Uint8Array): Promise<void> {
    await this.#handle.writeFile(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#handle.close();
    } finally {
      this.#lock?.[Symbol.dispose]();
    }
  }
}

/** Results may be the work of hours: a new batch does not replace them. */
async function refuseResults(path: string, handle: FileHandle): Promise<void> {
  let count = 0;
  for await (const line of linesOf(handle)) {
    if (readResult(line) === undefined) break;
    count++;
  }
  if (count === 0) return;
  const results = `${count.toLocaleString("en")} result${count === 1 ? "" : "s"}`;
  throw new GptError(
    "usage",
    `${path}: holds ${results}: --resume goes on after them, or choose another name`,
  );
}

async function keptLines(path: string, handle: FileHandle): Promise<KeptLines> {
  let { lines, failed, size } = nothingKept;
  for await (const { result, bytes } of resultsIn(path, handle)) {
    lines++;
    if ("error" in result) failed++;
    size += bytes;
  }
  return { lines, failed, size };
}

/**
 * The results in a file, without a torn one at its end, whose line is answered again.
 *
 * @param size the bytes to read
 * @throws GptError `invalid-file` for a line that is something else
 */
async function* resultsIn(
  path: string,
  handle: FileHandle,
  size = Number.POSITIVE_INFINITY,
): AsyncGenerator<{ readonly result: JsonObject; readonly bytes: number }, void, void> {
  let number = 0;
  for await (const line of linesOf(handle, size)) {
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

function linesOf(handle: FileHandle, size = Number.POSITIVE_INFINITY): AsyncGenerator<Line, void, void> {
  return splitLines(chunksOf(handle, size), constants.MAX_STRING_LENGTH);
}

/** A stream would close the handle if its reader stops early. */
async function* chunksOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let position = 0; position < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
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

/** Whether this is the start of a result. A crash can leave zeros in place of a line. */
function isTorn(line: Line): boolean {
  const start = line.bytes?.subarray(0, 16).toString("latin1").replace(/\0.*/s, "");
  if (start === undefined || parse(line) !== undefined) return false;
  return openings.some((opening) => opening.startsWith(start.slice(0, opening.length)));
}
