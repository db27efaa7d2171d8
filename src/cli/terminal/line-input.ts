/** The lines of a batch from a file, or from standard input if it is connected. */
import { fstatSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { GptError } from "../../errors.ts";
import { fileError } from "../../files/file.ts";
import { countLines, type Line, splitLines } from "../../files/lines.ts";
import { arrival, isConnected, type Source } from "./input.ts";

export interface BatchInput extends AsyncDisposable {
  /** The open file; undefined without one. */
  readonly stats: Stats | undefined;
  /** Lines of the file before the first of these. */
  readonly before: number;
  /** Resolves once there is input. Says that it waits if there is none for a while. */
  ready(signal: AbortSignal): Promise<void>;
  /** The number of lines, if it can be counted before they are read. */
  count(signal: AbortSignal): Promise<number | undefined>;
  /** All lines, once. Like the other methods it rejects with an AbortError once the signal is aborted. */
  lines(signal: AbortSignal): AsyncGenerator<Line, void, void>;
}

/** @throws GptError as `FileInput.open`; `usage` if no input is connected */
export async function openInput({ file, noStdin, quiet }: Source): Promise<BatchInput> {
  if (file !== undefined && file !== "-") return FileInput.open(file);
  if (noStdin) throw new GptError("usage", "with --no-stdin a batch needs --file, where its lines are");
  if (file === "-" || isConnected(0)) return standardInput(quiet);
  throw new GptError("usage", "no lines are given: pipe them in, or name their file with --file");
}

/** A file of any kind: `<(command)` is a pipe. */
export class FileInput implements BatchInput {
  readonly stats: Stats;
  readonly before = 0;
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, stats: Stats) {
    this.path = path;
    this.#handle = handle;
    this.stats = stats;
  }

  /** @throws GptError `not-found` for a file that cannot be read, `invalid-file` for a directory */
  static async open(path: string): Promise<FileInput> {
    try {
      const handle = await open(path, "r");
      const stats = await handle.stat();
      if (!stats.isDirectory()) return new FileInput(path, handle, stats);
      await handle.close();
    } catch (error) {
      throw fileError(path, "opened", error);
    }
    throw new GptError("invalid-file", `${path}: is a directory, expected a file of lines`);
  }

  async ready(): Promise<void> {}

  async count(signal: AbortSignal): Promise<number | undefined> {
    return this.stats.isFile() ? countLines(this.bytes(signal)) : undefined;
  }

  /** All bytes of a file that is no pipe. */
  bytes(signal?: AbortSignal): AsyncGenerator<Buffer, void, void> {
    return this.#chunks({ start: 0, ...(signal && { signal }) });
  }

  lines(signal: AbortSignal): AsyncGenerator<Line, void, void> {
    return splitLines(this.#chunks({ signal }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /** A stream that starts at a given byte leaves the file's own position alone. */
  async *#chunks(options: {
    readonly signal?: AbortSignal;
    readonly start?: number;
  }): AsyncGenerator<Buffer, void, void> {
    try {
      yield* this.#handle.createReadStream({ ...options, autoClose: false });
    } catch (error) {
      throw fileError(this.path, "read", error);
    }
  }
}

function standardInput(quiet: boolean | undefined): BatchInput {
  return {
    stats: isConnected(0) ? fstatSync(0) : undefined,
    before: 0,
    ready: (signal) => arrival(process.stdin, quiet, signal),
    count: async () => undefined,
    async *lines(signal) {
      yield* splitLines(addAbortSignal(signal, process.stdin));
    },
    async [Symbol.asyncDispose]() {
      process.stdin.destroy();
    },
  };
}
