/** A file opened for reading: exact reads at any offset, and errors that name the file. */
import { GptError } from "../errors.ts";
import { files } from "../host/files.ts";
import type { FileStats, OpenFile } from "../host/host.ts";
import { foreignContent, RECOGNIZABLE_BYTES } from "./foreign.ts";

/** The largest file that is read as a whole is a tokenizer.json of 35 MB. */
const MAX_WHOLE_BYTES = 64 * 2 ** 20;
/** One system call reads less than 2 GiB. */
const MAX_READ_BYTES = 2 ** 30;

export class InputFile {
  readonly path: string;
  /** Size in bytes when the file was opened. */
  readonly size: number;
  readonly #handle: OpenFile;

  private constructor(path: string, size: number, handle: OpenFile) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws GptError `not-found` for a missing file and for one that may not be read */
  static async open(path: string): Promise<InputFile> {
    try {
      // `stat` comes first: to open a pipe waits for its writer.
      const stats = await files.stat(path);
      if (!stats.isFile()) throw new GptError("invalid-file", `${path}: is not a file, but ${kindOf(stats)}`);
      return new InputFile(path, stats.size, await files.open(path));
    } catch (error) {
      throw fileError(path, "opened", error);
    }
  }

  /**
   * Fills `target` with the bytes from `begin` on. `target` may be a view of shared memory.
   *
   * @param what the name of these bytes in an error
   * @throws GptError `invalid-file` if the file ends earlier
   */
  async read(begin: number, target: Uint8Array, what: string): Promise<void> {
    let done = 0;
    while (done < target.byteLength) {
      const length = Math.min(target.byteLength - done, MAX_READ_BYTES);
      const { bytesRead } = await this.#handle.read(target, done, length, begin + done).catch((error) => {
        throw fileError(this.path, "read", error);
      });
      if (bytesRead === 0) {
        const place = `ends at byte ${begin + done}, within ${what}`;
        throw new GptError("invalid-file", `${this.path}: ${place}: it is cut short, fetch it again`);
      }
      done += bytesRead;
    }
  }

  /** All bytes of the file. @throws GptError `invalid-file` for a file beyond 64 MiB */
  async readAll(): Promise<Uint8Array> {
    if (this.size > MAX_WHOLE_BYTES) {
      const problem = `has ${this.size} bytes, expected at most ${MAX_WHOLE_BYTES}`;
      throw new GptError("invalid-file", `${this.path}: ${problem}`);
    }
    const bytes = new Uint8Array(this.size);
    await this.read(0, bytes, "its text");
    return bytes;
  }

  /**
   * An error about the content. It names the real format if the first bytes show it, and says `otherwise` if
   * not.
   */
  async rejection(otherwise: string): Promise<GptError> {
    const head = new Uint8Array(Math.min(this.size, RECOGNIZABLE_BYTES));
    await this.read(0, head, "its first bytes");
    return new GptError("invalid-file", `${this.path}: ${foreignContent(head) ?? otherwise}`);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Opens a file, passes it to `use` and closes it, also after an error. */
export async function withFile<T>(path: string, use: (file: InputFile) => Promise<T>): Promise<T> {
  const file = await InputFile.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Reads a file as UTF-8 text.
 * @throws GptError `not-found`; `invalid-file` for a file that is too large or no UTF-8
 */
export async function readText(path: string): Promise<string> {
  return withFile(path, async (file) => {
    const bytes = await file.readAll();
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      throw await file.rejection("is not UTF-8 text: it is damaged, fetch it again");
    }
  });
}

/** Reasons by the code of the system. For other codes the message shows the code. */
const READ_REASONS: Readonly<Record<string, string>> = {
  EACCES: "you are not allowed to read it",
  EPERM: "you are not allowed to read it",
  EIO: "the disk reports a fault",
  ELOOP: "its symbolic links form a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "too many files are open",
};

/** The GptError for an error of the system about a path. Any other error stays as it is. */
export function fileError(path: string, verb: "opened" | "read", error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  if (error.code === "ENOENT" || error.code === "ENOTDIR") {
    return new GptError("not-found", `${path}: there is no such file or directory`, { cause: error });
  }
  if (error.code === "EISDIR") {
    return new GptError("not-found", `${path}: is a directory, expected a file`, { cause: error });
  }
  const words = READ_REASONS[String(error.code)];
  const reason = words === undefined ? ` (${error.code})` : `: ${words}`;
  return new GptError("not-found", `${path}: cannot be ${verb}${reason}`, { cause: error });
}

function kindOf(stats: FileStats): string {
  if (stats.isDirectory()) return "a directory";
  return stats.isFIFO() ? "a pipe" : "a device or socket";
}
