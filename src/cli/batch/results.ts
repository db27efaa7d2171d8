/** Where the results of a batch go, line by line: standard output, or a file that a later run can go on with. */
import { constants } from "node:buffer";
import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { type Line, lineText, splitLines } from "../../files/lines.ts";
import { placeError, streamOf } from "../terminal/destination.ts";
import { Output } from "../terminal/output.ts";

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
    this.#output = file ? new Output(streamOf(file.handle), file.path) : new Output();
  }

  /**
   * Nothing is changed before `begin`.
   *
   * @param path `-` or undefined: standard output
   * @param resume whether the whole lines of the file are kept
   * @throws GptError as `placeError` for a file that cannot be written; `invalid-file` for one to resume that holds
   *   something else than results
   */
  static async open(path: string | undefined, resume: boolean): Promise<Results> {
    if (path === undefined || path === "-") return new Results(undefined, nothing);
    const file = await openFile(path, resume ? "a+" : "a");
    try {
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

  /** Whether what is written goes where something else is. */
  isSameFile(other: Stats | undefined): boolean {
    const own = this.path === undefined ? undefined : this.#file?.stats;
    return own !== undefined && own.dev === other?.dev && own.ino === other.ino;
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

async function keptLines({ path, handle, stats }: ResultsFile): Promise<KeptLines> {
  if (!stats.isFile()) throw new GptError("usage", `${path}: is no file, so there is nothing to resume`);
  let { lines, failed, size } = nothing;
  const chunks = handle.createReadStream({ start: 0, autoClose: false });
  for await (const line of splitLines(chunks, constants.MAX_STRING_LENGTH)) {
    if (!line.ended) break; // torn: it is written again
    const result = readResult(line);
    if (result === undefined) {
      const problem = `line ${lines + 1} is no result of a batch; --resume takes the file that -o wrote`;
      throw new GptError("invalid-file", `${path}: ${problem}`);
    }
    lines++;
    if ("error" in result) failed++;
    size += line.size;
  }
  return { lines, failed, size };
}

function readResult(line: Line): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(lineText(line));
    return isJsonObject(value) && ("finish_reason" in value || "error" in value) ? value : undefined;
  } catch {
    return undefined;
  }
}
