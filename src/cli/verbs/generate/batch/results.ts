/** Where the results of a batch go: standard output, or a file that a later run can go on with. */
import type { Stats } from "node:fs";
import { GptError } from "../../../../errors.ts";
import { descriptorOf } from "../../../../files/descriptor.ts";
import type { JsonObject } from "../../../../files/json.ts";
import { type KeptLines, nothingKept, ResultsFile } from "../../../../text/batch/results-file.ts";
import { descriptorOutput, placeError, refuseInput, streamOf } from "../../../terminal/destination.ts";
import { Output } from "../../../terminal/output.ts";

export class Results implements AsyncDisposable {
  readonly #file: ResultsFile | undefined;
  readonly #output: Output;

  private constructor(output: Output, file?: ResultsFile) {
    this.#file = file;
    this.#output = output;
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
    const descriptor = path === undefined || path === "-" ? 1 : descriptorOf(path);
    if (path === undefined || (descriptor !== undefined && !resume)) {
      return new Results(descriptorOutput(descriptor ?? 1));
    }
    if (descriptor !== undefined) {
      throw new GptError(
        "usage",
        `--resume goes on with a file: ${path} is open as descriptor ${descriptor}`,
      );
    }
    try {
      const file = await ResultsFile.open(path, resume, (stats) => refuseInput(path, stats, input));
      return new Results(new Output(streamOf(file), file.path), file);
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
