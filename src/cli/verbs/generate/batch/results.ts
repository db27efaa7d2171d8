/** Where the results of a batch go: standard output, or a file that a later run can go on with. */
import type { Stats } from "node:fs";
import type { JsonObject } from "../../../../files/json.ts";
import { type KeptLines, nothingKept, ResultsFile } from "../../../../text/batch/results-file.ts";
import { placeError, refuseInput, streamOf } from "../../../terminal/destination.ts";
import { Output } from "../../../terminal/output.ts";

export class Results implements AsyncDisposable {
  readonly #file: ResultsFile | undefined;
  readonly #output: Output;

  private constructor(file?: ResultsFile) {
    this.#file = file;
    this.#output = file ? new Output(streamOf(file), file.path) : new Output();
  }

  /**
   * Nothing is changed before `begin`.
   *
   * @param path `-` or undefined: standard output
   * @param resume whether the whole lines of the file are kept
   * @param input the file that is read
   * @throws GptError as `placeError` and `ResultsFile.open`; `usage` for the input
   */
  static async open(path: string | undefined, resume: boolean, input?: Stats): Promise<Results> {
    if (path === undefined || path === "-") return new Results();
    try {
      return new Results(await ResultsFile.open(path, resume, (stats) => refuseInput(path, stats, input)));
    } catch (error) {
      throw placeError(path, error);
    }
  }

  get kept(): KeptLines {
    return this.#file?.kept ?? nothingKept;
  }

  /** The file that a later run can go on with; undefined for standard output, a device or a pipe. */
  get path(): string | undefined {
    return this.#file?.stats.isFile() ? this.#file.path : undefined;
  }

  /** Whether a person sees the lines as they are written. */
  get isOnTerminal(): boolean {
    return this.#file === undefined && process.stdout.isTTY;
  }

  /** The results that are kept. */
  async *keptResults(): AsyncGenerator<JsonObject, void, void> {
    if (this.#file !== undefined) yield* this.#file.keptResults();
  }

  /** Drops everything after the kept lines. */
  async begin(): Promise<void> {
    await this.#file?.begin();
  }

  /** @param line with its line feed */
  write(line: string): Promise<void> {
    return this.#output.write(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
  }
}
