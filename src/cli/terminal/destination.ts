/**
 * Destinations of the product: standard output, or the file of `-o`. The file appears when it is complete.
 */
import { createWriteStream, type Stats } from "node:fs";
import { access, type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { GptError } from "../../errors.ts";
import { descriptorOf } from "../../files/descriptor.ts";
import { OutputFile } from "../../files/output-file.ts";
import { writeError } from "../../files/write-error.ts";
import { Output, type OutputStream } from "./output.ts";

export interface Destination extends AsyncDisposable {
  readonly output: Output;
  /** False for a file. */
  readonly isStandardOutput: boolean;
  /** Of the file; undefined for a stream or a device. */
  readonly path?: string;
  /** Gives the file its name. Without this call, disposal leaves the disk unchanged. */
  keep(): Promise<void>;
}

/**
 * Opens a destination before any work is done for it.
 *
 * @param path a file, or a descriptor as `descriptorOf` finds it; standard output if it is `-` or undefined
 * @param input `stat` of the input file
 * @throws GptError `usage` for a directory and for the input, `not-found` for a file in no directory, and as
 *   `writeError`
 */
export async function openDestination(path: string | undefined, input?: Stats): Promise<Destination> {
  if (path === undefined || path === "-") return openDescriptor(1);
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return openDescriptor(descriptor);
  try {
    const present = await statOf(path);
    if (present?.isDirectory()) throw directoryError(path);
    refuseInput(path, present, input);
    if (present && !present.isFile()) return new Device(path, await open(path, "w"));
    await access(dirname(path));
    return new CompleteFile(await OutputFile.create(path));
  } catch (error) {
    throw placeError(path, error);
  }
}

/**
 * @param own `stat` of the output file
 * @throws GptError `usage` if it is the input file
 */
export function refuseInput(path: string, own: Stats | undefined, input: Stats | undefined): void {
  if (!own?.isFile() || own.dev !== input?.dev || own.ino !== input.ino) return;
  throw new GptError("usage", `${path}: is the input too: the output needs a file of its own`);
}

/** Text for an open descriptor. It follows the bytes that are there. */
export function descriptorOutput(descriptor: number): Output {
  if (descriptor === 1) return new Output();
  if (descriptor === 2) return new Output(process.stderr, "standard error");
  const stream = createWriteStream("", { fd: descriptor, autoClose: false });
  return new Output(stream, `descriptor ${descriptor}`);
}

const openDescriptor = (descriptor: number): Destination => ({
  output: descriptorOutput(descriptor),
  isStandardOutput: descriptor === 1,
  keep: async () => {},
  [Symbol.asyncDispose]: async () => {},
});

/** A device or a pipe. Each write takes effect at once. */
class Device implements Destination {
  readonly isStandardOutput = false;
  readonly output: Output;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#handle = handle;
    this.output = new Output(streamOf({ write: (data) => handle.writeFile(data) }), path);
  }

  async keep(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

class CompleteFile implements Destination {
  readonly isStandardOutput = false;
  readonly path: string;
  readonly output: Output;
  readonly #file: OutputFile;

  constructor(file: OutputFile) {
    this.#file = file;
    this.path = file.path;
    this.output = new Output(streamOf(file), file.path);
  }

  keep(): Promise<void> {
    return this.#file.keep();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file[Symbol.asyncDispose]();
  }
}

/** A stream for `Output`. */
export const streamOf = (file: { write(data: string | Uint8Array): Promise<void> }): OutputStream => ({
  write: (data, done) => {
    file.write(data).then(() => done(), done);
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

/** The reason why a file cannot be written. Errors of other kinds are returned unchanged. */
export function placeError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  if (error.code === "EISDIR") return directoryError(path);
  if (error.code === "ENOENT" || error.code === "ENOTDIR") {
    return new GptError("not-found", `${path}: there is no directory ${dirname(path)}`, { cause: error });
  }
  return writeError(path, error);
}
