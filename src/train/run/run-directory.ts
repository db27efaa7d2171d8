/**
 * Directory of a run.
 *
 * | path             |                                                                                  |
 * | ---------------- | -------------------------------------------------------------------------------- |
 * | (Hugging Face)   | the best model or adapter by validation; without validation the last             |
 * | last/            | the last model or adapter, with the state of the optimizer                       |
 * | data/            | the training data as tokens                                                      |
 * | train.json       | settings of the run, which `--resume` reads                                      |
 * | metrics.jsonl    | all measurements, one a line                                                     |
 * | loss.svg         | the curves                                                                       |
 * | README.md        | the model card                                                                   |
 *
 * A reader finds each file complete or not at all. One process at a time owns the directory.
 */
import { constants, existsSync } from "node:fs";
import { copyFile, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GptError } from "../../errors.ts";
import { type JsonObject, readJsonObject } from "../../files/json.ts";
import { DIRECTORY_LOCK, type Lock, lockDirectory } from "../../files/locks/lock.ts";
import { namesIn } from "../../files/new-directory.ts";
import { makeDirectory, sweepTemporaries, writeFile } from "../../files/output-file.ts";
import { writeError } from "../../files/write-error.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../../weights/adapters/config.ts";
import { COMPANIONS, MODEL_WEIGHTS } from "../../weights/model-writer.ts";

const SETTINGS = "train.json";
/** The product of a run is a model or an adapter. */
const WEIGHTS: readonly string[] = [MODEL_WEIGHTS, ADAPTER_WEIGHTS];
/** Files that only `last` holds. */
const OPTIMIZER = /^optimizer-\d+\.safetensors$/;
/** Of the completions of the data, where an objective compares with a reference. */
export const REFERENCE_SCORES = "reference.scores";
const DATA_FILES = ["train.tokens", "valid.tokens", "train.jsonl", "valid.jsonl", REFERENCE_SCORES];
/** Names that a run may write. */
const OWN_NAMES = [
  SETTINGS,
  ...WEIGHTS,
  ADAPTER_CONFIG,
  "config.json",
  ...COMPANIONS,
  "metrics.jsonl",
  "loss.svg",
  "README.md",
  "last",
  ...DATA_FILES.map((name) => join("data", name)),
];

export class RunDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The last model or adapter. */
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

  /** Whether a state is saved from which the run can go on. */
  get holdsState(): boolean {
    return WEIGHTS.some((name) => existsSync(join(this.last, name)));
  }

  /**
   * Locks the directory for a new run.
   *
   * @throws GptError `usage` for a directory that another process writes, or that holds a file that the run
   *   would replace
   */
  async claim(): Promise<Lock> {
    if (!existsSync(join(this.path, DIRECTORY_LOCK))) this.#refuseOthers();
    const lock = await lockDirectory(this.path);
    try {
      this.#refuseOthers();
      return lock;
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Locks the directory of a run that is resumed, and removes files that a killed process left half-written.
   *
   * @throws GptError `usage` for a directory that another process writes, `not-found` for a directory without
   *   a run
   */
  async reclaim(): Promise<Lock> {
    this.#needRun();
    const lock = await lockDirectory(this.path);
    for (const directory of [this.path, this.last, this.data]) await sweepTemporaries(directory);
    return lock;
  }

  /**
   * Writes the settings of the run.
   * @throws GptError as `writeError`
   */
  async begin(settings: JsonObject): Promise<void> {
    await this.write(SETTINGS, `${JSON.stringify(settings, null, 2)}\n`);
  }

  /**
   * Removes all files of a run that cannot begin. `claim` has made sure that none of them was there before.
   */
  async abandon(): Promise<void> {
    for (const name of OWN_NAMES) await rm(join(this.path, name), { recursive: true, force: true });
    await rmdir(this.data).catch(() => {}); // it stays if it holds other files
  }

  /** @throws GptError `not-found` without a run, `invalid-file` for settings that cannot be read */
  async settings(): Promise<JsonObject> {
    this.#needRun();
    return await readJsonObject(this.settingsFile);
  }

  write(name: string, content: string): Promise<void> {
    return writeFile(join(this.path, name), content);
  }

  /**
   * Makes the last model the model of the directory. Its weights come after all other files.
   * @throws GptError as `writeError`
   */
  async keepLast(): Promise<void> {
    const all = await readdir(this.last).catch((error) => {
      throw writeError(this.last, error);
    });
    const names = all.filter((name) => !OPTIMIZER.test(name) && !name.startsWith("."));
    const weights = names.filter((name) => WEIGHTS.includes(name));
    const others = names.filter((name) => !WEIGHTS.includes(name));
    for (const name of [...others, ...weights]) await this.#copy(join(this.last, name), name);
  }

  #refuseOthers(): void {
    const advice = "choose another directory for a new one";
    if (this.holdsRun) {
      const problem = `holds a run already: --resume ${this.path} goes on with it`;
      throw new GptError("usage", `${this.path}: ${problem}; ${advice}`);
    }
    const names = [...namesIn(this.path), ...namesIn(this.data).map((name) => join("data", name))];
    const present = OWN_NAMES.find((name) => names.includes(name));
    if (present === undefined) return;
    throw new GptError("usage", `${join(this.path, present)} is there already: choose another directory`);
  }

  #needRun(): void {
    if (this.holdsRun) return;
    throw new GptError("not-found", `${this.path}: holds no run to resume: it has no ${SETTINGS}`);
  }

  /** Copies under a temporary name first. Some file systems share the bytes. */
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
