/**
 * A file with a line about a run, and a line for each of its results. A run that was stopped reads what is
 * there and goes on.
 */
import { existsSync } from "node:fs";
import { appendFile, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { GptError } from "../errors.ts";
import { type Lock, lockFile } from "../files/locks/lock.ts";
import { writeFile } from "../files/output-file.ts";
import { placeError } from "./terminal/destination.ts";

/** Bytes and milliseconds that results wait to be written. */
const BUFFER = 1 << 16;
const PATIENCE = 1000;

/** Where the answers of a run are until the file of -o is complete. */
export const journalOf = (output: string): string => `${output}.journal`;

export class Journal<T> implements AsyncDisposable {
  /** Results of an earlier run, in their order. */
  readonly known: readonly T[];
  readonly #path: string;
  readonly #lock: Lock | undefined;
  #waiting = "";
  #written = performance.now();

  private constructor(path: string, lock: Lock | undefined, known: readonly T[]) {
    this.#path = path;
    this.#lock = lock;
    this.known = known;
  }

  /**
   * Locks the file: a second run on it would write between these lines.
   *
   * @param about the run: the file of another run is refused
   * @param read makes a result of a line's value. The first undefined one, or a damaged line, ends what is
   *   known
   * @throws GptError `usage` for a file of something else, or that another process writes; `not-found` and
   *   `resource` for one that cannot be written
   */
  static async open<T>(
    path: string,
    about: object,
    read: (value: Readonly<Record<string, unknown>>) => T | undefined,
  ): Promise<Journal<T>> {
    const lock = await locked(path);
    try {
      const head = JSON.stringify(about);
      const content = await contentOf(path);
      const [first, ...lines] = content.split("\n");
      if (content !== "" && first !== head) {
        throw new GptError("usage", `${path}: holds something else, or another run: name a new file with -o`);
      }
      const known: T[] = [];
      for (const line of lines.slice(0, -1)) {
        const value = resultOf(line, read);
        if (value === undefined) break;
        known.push(value);
      }
      const kept = [head, ...lines.slice(0, known.length)].map((line) => `${line}\n`).join("");
      if (kept !== content) await writeFile(path, kept);
      return new Journal(path, lock, known);
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw error;
    }
  }

  async add(value: object): Promise<void> {
    this.#waiting += `${JSON.stringify(value)}\n`;
    const isPatient = performance.now() - this.#written < PATIENCE;
    if (this.#waiting.length > BUFFER || !isPatient) await this.flush();
  }

  /** Removes the file: its results stand elsewhere. */
  async remove(): Promise<void> {
    this.#waiting = "";
    await this.#guarded(() => rm(this.#path, { force: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#lock?.[Symbol.dispose]();
    }
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = "";
    this.#written = performance.now();
    if (text !== "") await this.#guarded(() => appendFile(this.#path, text));
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw placeError(this.#path, error);
    }
  }
}

/** Without its directory a file has no lock, and is refused by that name. */
async function locked(path: string): Promise<Lock | undefined> {
  if (!existsSync(dirname(path))) {
    throw new GptError("not-found", `${path}: there is no directory ${dirname(path)}`);
  }
  return await lockFile(path);
}

function resultOf<T>(line: string, read: (value: Readonly<Record<string, unknown>>) => T | undefined) {
  try {
    return read(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw placeError(path, error);
  }
}
