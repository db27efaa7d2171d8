/** Where the product goes: standard output, or the file that `-o` names, which is there once it is complete. */
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GptError } from "../../errors.ts";
import { Output, type OutputStream } from "./output.ts";

export interface Destination extends AsyncDisposable {
  readonly output: Output;
  /** False for a file. */
  readonly isStandardOutput: boolean;
  /** Makes what was written the content of the file. Without this, disposal leaves everything as it was. */
  keep(): Promise<void>;
}

/**
 * Opens a destination before any work is done for it.
 *
 * @param path a file; standard output where it is `-` or not given
 * @throws GptError `usage` for a directory, `not-found` for a file in no directory, `resource` for a place that cannot be
 *   written to
 */
export async function openDestination(path: string | undefined): Promise<Destination> {
  if (path === undefined || path === "-") return standardOutput();
  try {
    const present = await statOf(path);
    if (present?.isDirectory()) throw directoryError(path);
    if (present && !present.isFile()) return new Device(path, await open(path, "w"));
    if (present) await access(path, constants.W_OK);
    const target = present ? await realpath(path) : path;
    const temporary = join(dirname(target), `.gpt-${randomBytes(6).toString("hex")}.tmp`);
    return new CompleteFile(path, target, temporary, await open(temporary, "wx", present?.mode));
  } catch (error) {
    throw placeError(path, error);
  }
}

const standardOutput = (): Destination => ({
  output: new Output(),
  isStandardOutput: true,
  keep: async () => {},
  [Symbol.asyncDispose]: async () => {},
});

/** A device or a pipe: what is written is there at once. */
class Device implements Destination {
  readonly isStandardOutput = false;
  readonly output: Output;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#handle = handle;
    this.output = new Output(streamOf(handle), path);
  }

  async keep(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** A file that is written under another name beside its own, and renamed when it is complete. */
class CompleteFile implements Destination {
  readonly isStandardOutput = false;
  readonly output: Output;
  readonly #path: string;
  readonly #target: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #kept = false;

  constructor(path: string, target: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#target = target;
    this.#temporary = temporary;
    this.#handle = handle;
    this.output = new Output(streamOf(handle), path);
  }

  async keep(): Promise<void> {
    try {
      await this.#handle.sync();
      await rename(this.#temporary, this.#target);
    } catch (error) {
      throw placeError(this.#path, error);
    }
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    if (!this.#kept) await unlink(this.#temporary);
  }
}

/** What `Output` writes to. */
export const streamOf = (handle: FileHandle): OutputStream => ({
  write: (data, done) => {
    handle.writeFile(data).then(() => done(), done);
    return true;
  },
  on: () => {},
});

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

const directoryError = (path: string): GptError =>
  new GptError("usage", `${path}: is a directory, expected a file`);

/** Why a file cannot be written, for its user; an error that is no fault of the place stays as it is. */
export function placeError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  if (error.code === "EISDIR") return directoryError(path);
  if (error.code === "ENOENT" || error.code === "ENOTDIR") {
    return new GptError("not-found", `${path}: there is no directory ${dirname(path)}`, { cause: error });
  }
  return new GptError("resource", `${path}: cannot be written (${error.code})`, { cause: error });
}
