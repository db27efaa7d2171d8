/** A file that is written under a temporary name in its folder, and renamed when it is complete. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { GptError } from "../errors.ts";
import { descriptorOf } from "./descriptor.ts";
import { writeError } from "./write-error.ts";

export class OutputFile implements AsyncDisposable {
  readonly path: string;
  /** The path with links resolved. */
  readonly #target: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #kept = false;

  private constructor(path: string, target: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#target = target;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /**
   * Makes missing folders, too. A file that exists must be writable, and its permissions are kept. A link
   * stays, and leads to the new content.
   *
   * @throws GptError as `writeError`
   */
  static create(path: string): Promise<OutputFile> {
    return blaming(path, async () => {
      if (descriptorOf(path) !== undefined) {
        throw new GptError("usage", `${path}: is open as an output of this process: name a file of its own`);
      }
      const target = await followLinks(path);
      await makeDirectory(dirname(target));
      const mode = await modeOf(target);
      const temporary = join(dirname(target), `.gpt-${randomBytes(6).toString("hex")}.tmp`);
      return new OutputFile(path, target, temporary, await open(temporary, "wx", mode));
    });
  }

  /** Writes all bytes, at a position or after the last write. */
  async write(content: string | Uint8Array, position: number | null = null): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    await blaming(this.path, async () => {
      for (let done = 0; done < bytes.length; ) {
        const place = position === null ? null : position + done;
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, place);
        done += bytesWritten;
      }
    });
  }

  /**
   * Renames the file to its name, and replaces a file of that name. Without this, disposal leaves everything
   * as it was.
   */
  async keep(): Promise<void> {
    await blaming(this.path, async () => {
      await this.#handle.sync();
      await rename(this.#temporary, this.#target);
    });
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    // The folder may be gone: this error must not hide the one that says so.
    if (!this.#kept) await unlink(this.#temporary).catch(() => {});
  }
}

/** Temporary names. */
const TEMPORARY = /^\.gpt-.+\.tmp$/;

/**
 * Removes temporary files of killed processes from a directory. No other process may write to it meanwhile.
 */
export async function sweepTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => TEMPORARY.test(name));
  await Promise.all(left.map((name) => unlink(join(directory, name)).catch(() => {})));
}

/**
 * Makes a directory and its missing parents. The recursion of Node never ends for a parent that exists and
 * refuses with ENOENT, as directories in /proc do.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeDirectory(dirname(path));
  await mkdir(path).catch((error: unknown) => {
    if (!existsSync(path)) throw error; // otherwise another process has made it
  });
}

/** Writes a whole file, or leaves everything as it was. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await OutputFile.create(path);
  await file.write(content);
  await file.keep();
}

/** @throws GptError `usage` for an output, a file or a directory, that is one of the inputs */
export async function refuseOverwriting(output: string, inputs: readonly string[]): Promise<void> {
  const realOf = (path: string) => realpath(path).catch(() => undefined);
  const target = await realOf(output);
  for (const input of target === undefined ? [] : inputs) {
    if ((await realOf(input)) !== target) continue;
    throw new GptError("usage", `${output}: is what is read: write to another place`);
  }
}

/** The path with links resolved. Its last part may be missing. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : followLinks(resolve(await realpath(dirname(path)), link));
}

/** The permissions of a file that may be written. Undefined for a missing file. */
async function modeOf(path: string): Promise<number | undefined> {
  const present = await stat(path).catch(() => undefined);
  if (present !== undefined) await access(path, constants.W_OK);
  return present?.mode;
}

async function blaming<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw writeError(path, error);
  }
}
