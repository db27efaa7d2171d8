/**
 * What a run leaves in a directory:
 *
 * | path             |                                                                                  |
 * | ---------------- | -------------------------------------------------------------------------------- |
 * | (Hugging Face)   | the best model or adapter by the validation loss; without validation the last    |
 * | last/            | the same as it is now, with what the optimizer needs to go on                    |
 * | data/            | the training data as tokens                                                      |
 * | train.json       | what the run was asked for: `--resume` reads it                                  |
 * | metrics.jsonl    | everything that was measured, line by line                                       |
 * | loss.svg         | the curves                                                                       |
 * | README.md        | the model card                                                                   |
 *
 * Each file is there as a whole or not at all.
 */
import { constants, existsSync } from "node:fs";
import { copyFile, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GptError } from "../../errors.ts";
import { type JsonObject, readJsonObject } from "../../files/json.ts";
import { makeDirectory, sweepTemporaries, writeFile } from "../../files/output-file.ts";
import { writeError } from "../../files/write-error.ts";
import { ADAPTER_WEIGHTS } from "../../weights/adapters/config.ts";
import { MODEL_WEIGHTS } from "../../weights/model-files.ts";

const SETTINGS = "train.json";
/** Of a model, or of an adapter: which of them depends on what a run trains. */
const WEIGHTS: readonly string[] = [MODEL_WEIGHTS, ADAPTER_WEIGHTS];
/** What only `last` needs. */
const OPTIMIZER = /^optimizer-\d+\.safetensors$/;

export class RunDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The model, or the adapter, as it is now. */
  get last(): string {
    return join(this.path, "last");
  }

  get data(): string {
    return join(this.path, "data");
  }

  get settingsFile(): string {
    return join(this.path, SETTINGS);
  }

  get metrics(): string {
    return join(this.path, "metrics.jsonl");
  }

  /** Whether a run has begun here. */
  get holdsRun(): boolean {
    return existsSync(this.settingsFile);
  }

  /** Whether the run can go on from a step after its first. */
  get holdsState(): boolean {
    return WEIGHTS.some((name) => existsSync(join(this.last, name)));
  }

  /** Removes what a run that was killed left half-written. Where none has begun, other files are left alone. */
  async sweep(): Promise<void> {
    const own = this.holdsRun ? [this.path] : [];
    for (const directory of [...own, this.last, this.data]) await sweepTemporaries(directory);
  }

  /**
   * Writes down what the run is asked for.
   * @throws GptError `resource` where it cannot be written
   */
  async begin(settings: JsonObject): Promise<void> {
    await this.write(SETTINGS, `${JSON.stringify(settings, null, 2)}\n`);
  }

  /** Takes back the beginning of a run that cannot be, with its model, so that another may begin here. */
  async abandon(): Promise<void> {
    for (const name of [SETTINGS, ...WEIGHTS]) await unlink(join(this.path, name)).catch(() => {});
  }

  /** @throws GptError `usage` where a run has begun, or where another model or adapter is */
  refuseOthers(): void {
    const advice = "choose another directory for a new one";
    if (this.holdsRun) {
      const problem = `holds a run already: --resume ${this.path} goes on with it`;
      throw new GptError("usage", `${this.path}: ${problem}; ${advice}`);
    }
    const present = WEIGHTS.find((name) => existsSync(join(this.path, name)));
    if (present !== undefined) {
      throw new GptError("usage", `${this.path}: holds ${present} already: ${advice}`);
    }
  }

  /** @throws GptError `not-found` where no run has begun, `invalid-file` for settings that cannot be read */
  async settings(): Promise<JsonObject> {
    if (this.holdsRun) return await readJsonObject(this.settingsFile);
    throw new GptError("not-found", `${this.path}: holds no run to resume: it has no ${SETTINGS}`);
  }

  write(name: string, content: string): Promise<void> {
    return writeFile(join(this.path, name), content);
  }

  /**
   * Makes the last model the one that readers of the directory find: its weights come after all else.
   * @throws GptError `resource` where it cannot be written
   */
  async keepLast(): Promise<void> {
    const names = (await readdir(this.last)).filter((name) => !OPTIMIZER.test(name) && !name.startsWith("."));
    const weights = names.filter((name) => WEIGHTS.includes(name));
    const others = names.filter((name) => !WEIGHTS.includes(name));
    for (const name of [...others, ...weights]) await this.#copy(join(this.last, name), name);
  }

  /** Under another name first. A file system that can shares the bytes. */
  async #copy(from: string, name: string): Promise<void> {
    const to = join(this.path, name);
    const temporary = join(this.path, `.gpt-${name}.tmp`);
    try {
      await makeDirectory(this.path);
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      await rename(temporary, to);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw writeError(to, error);
    }
  }
}
