/**
 * What a run leaves in a directory:
 *
 * | path             |                                                                                  |
 * | ---------------- | -------------------------------------------------------------------------------- |
 * | (Hugging Face)   | the best model by the validation loss; without validation the last one           |
 * | last/            | the model as it is now, with what the optimizer needs to go on                   |
 * | data/            | the training data as tokens                                                      |
 * | train.json       | what the run was asked for: `--resume` reads it                                  |
 * | metrics.jsonl    | everything that was measured, line by line                                       |
 * | loss.svg         | the curves                                                                       |
 * | README.md        | the model card                                                                   |
 *
 * Each file is there as a whole or not at all.
 */
import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GptError } from "../../errors.ts";
import { type JsonObject, readJsonObject } from "../../files/json.ts";
import { writeFile } from "../../files/output-file.ts";

const SETTINGS = "train.json";
const WEIGHTS = "model.safetensors";
/** What only `last` needs. */
const OPTIMIZER = /^optimizer-\d+\.safetensors$/;

export class RunDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The model as it is now. */
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
    return existsSync(join(this.last, WEIGHTS));
  }

  /**
   * Writes down what the run is asked for.
   * @throws GptError `resource` where it cannot be written
   */
  async begin(settings: JsonObject): Promise<void> {
    await this.write(SETTINGS, `${JSON.stringify(settings, null, 2)}\n`);
  }

  /** @throws GptError `usage` where a run has begun, or where another model is */
  refuseOthers(): void {
    const advice = "choose another directory for a new one";
    if (this.holdsRun) {
      const problem = `holds a run already: --resume ${this.path} goes on with it`;
      throw new GptError("usage", `${this.path}: ${problem}; ${advice}`);
    }
    if (existsSync(join(this.path, WEIGHTS))) {
      throw new GptError("usage", `${this.path}: holds a model already: ${advice}`);
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
    const inOrder = [...names.filter((name) => name !== WEIGHTS), WEIGHTS];
    for (const name of inOrder) await this.#copy(join(this.last, name), name);
  }

  /** Under another name first. A file system that can shares the bytes. */
  async #copy(from: string, name: string): Promise<void> {
    const to = join(this.path, name);
    const temporary = join(this.path, `.gpt-${name}.tmp`);
    try {
      await mkdir(this.path, { recursive: true });
      await copyFile(from, temporary, constants.COPYFILE_FICLONE);
      await rename(temporary, to);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      if (!(error instanceof Error && "code" in error)) throw error;
      throw new GptError("resource", `${to}: cannot be written (${error.code})`, { cause: error });
    }
  }
}
