/**
 * A file with a line about a run, and a line for each of its results. A run that was stopped reads what is
 * there and goes on.
 */
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { GptError } from "../errors.ts";
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
  #waiting = "";
  #written = performance.now();

  private constructor(path: string, known: readonly T[]) {
    this.#path = path;
    this.known = known;
  }

  /**
   * @param about the run: the file of another run is refused
   * @param read makes a result of a line's value. The first undefined one ends what is known
   * @throws GptError `usage` for a file of something else; `not-found` and `resource` for one that cannot be
   *   written
   */
  static async open<T>(
    path: string,
    about: object,
    read: (value: Readonly<Record<string, unknown>>) => T | undefined,
  ): Promise<Journal<T>> {
    const head = JSON.stringify(about);
    const [first, ...lines] = (await contentOf(path)).split("\n").slice(0, -1);
    if (first !== undefined && first !== head) {
      throw new GptError("usage", `${path}: holds something else, or another run: name a new file with -o`);
    }
    const known: T[] = [];
    for (const line of lines) {
      const value = read(JSON.parse(line));
      if (value === undefined) break;
      known.push(value);
    }
    const journal = new Journal(path, known);
    const kept = [head, ...lines.slice(0, known.length)].map((line) => `${line}\n`).join("");
    await journal.#guarded(() => writeFile(path, kept));
    return journal;
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.flush();
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

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw placeError(path, error);
  }
}
