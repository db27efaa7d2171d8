/** A file that is written under another name beside its own, and gets its name when it is complete. */
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
  /** Where links lead from the path. */
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
   * Makes the folders it is in, too. A file that has the name already is one that may be written, and hands down its
   * permissions; a link stays, and leads to what is written.
   * @throws GptError `resource` for a place that cannot be written to
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

  /** Writes all bytes at a place, by default behind what was written last. */
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

  /** Gives the file its name, in place of one that had it. Without this, disposal leaves everything as it was. */
  async keep(): Promise<void> {
    await blaming(this.path, async () => {
      await this.#handle.sync();
      await rename(this.#temporary, this.#target);
    });
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    // The folder may be gone. The error that says so must not be hidden by this one.
    if (!this.#kept) await unlink(this.#temporary).catch(() => {});
  }
}

/** The names that files have until they are complete. */
const TEMPORARY = /^\.gpt-.+\.tmp$/;

/** Removes what processes that were killed left half-written in a directory, where there is one and nobody else writes to it. */
export async function sweepTemporaries(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const left = names.filter((name) => TEMPORARY.test(name));
  await Promise.all(left.map((name) => unlink(join(directory, name)).catch(() => {})));
}

/**
 * Makes a directory and those it is in, where they are not there yet. Node's own recursion never ends where a parent that is
 * there refuses with ENOENT, as those in /proc do.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeDirectory(dirname(path));
  await mkdir(path).catch((error: unknown) => {
    if (!existsSync(path)) throw error; // else another process was first
  });
}

/** Writes a whole file, or leaves everything as it was. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await OutputFile.create(path);
  await file.write(content);
  await file.keep();
}

/** @throws GptError `usage` where what is to be written, a file or a directory, is one of those that are read */
export async function refuseOverwriting(output: string, inputs: readonly string[]): Promise<void> {
  const realOf = (path: string) => realpath(path).catch(() => undefined);
  const target = await realOf(output);
  for (const input of target === undefined ? [] : inputs) {
    if ((await realOf(input)) !== target) continue;
    throw new GptError("usage", `${output}: is what is read: write to another place`);
  }
}

/** Where links lead, whether or not something is there. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : followLinks(resolve(await realpath(dirname(path)), link));
}

/** The permissions of a file that may be written; undefined where there is none. */
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
