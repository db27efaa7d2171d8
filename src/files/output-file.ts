/** A file that is written under another name beside its own, and gets its name when it is complete. */

import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GptError } from "../errors.ts";

export class OutputFile implements AsyncDisposable {
  readonly path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #kept = false;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /**
   * Makes the folders it is in, too.
   * @throws GptError `resource` for a place that cannot be written to
   */
  static async create(path: string): Promise<OutputFile> {
    const temporary = join(dirname(path), `.gpt-${randomBytes(6).toString("hex")}.tmp`);
    return blaming(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      return new OutputFile(path, temporary, await open(temporary, "wx"));
    });
  }

  /** Writes all bytes at a place, by default behind what was written last. */
  async write(bytes: Uint8Array, position: number | null = null): Promise<void> {
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
      await rename(this.#temporary, this.path);
    });
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    if (!this.#kept) await unlink(this.#temporary);
  }
}

/** Writes a whole file, or leaves everything as it was. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await OutputFile.create(path);
  await file.write(typeof content === "string" ? Buffer.from(content) : content);
  await file.keep();
}

async function blaming<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error && "code" in error)) throw error;
    throw new GptError("resource", `${path}: cannot be written (${error.code})`, { cause: error });
  }
}
