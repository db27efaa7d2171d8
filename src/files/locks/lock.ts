/**
 * Locks: one process at a time writes a file or a directory.
 *
 * A lock is a small file that names its owner. `link` creates it with its content, and fails where the name
 * is taken, so of two processes that start together one wins. A lock whose owner has died is stale, and the
 * next process removes it. It first takes the right to do so, which is a lock of its own with the stale
 * lock's token in its name. So the check of the token and the removal are one step, and no process removes
 * the lock of a live process.
 */
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, lstatSync, rmdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { GptError } from "../../errors.ts";
import { followLinks, makeDirectory } from "../output-file.ts";
import { writeError } from "../write-error.ts";
import { codeOf, isAlive, isElsewhere, type Owner, readOwner, thisProcess } from "./lock-owner.ts";

/** Name of the lock in a locked directory. The lock of a file stands beside it as `.gpt-NAME.lock`. */
export const DIRECTORY_LOCK = ".gpt.lock";

/** Longest time between the creation of a lock and its content, on a file system without hard links. */
const WRITING_MS = 1000;
const POLL_MS = 50;
const MAX_ATTEMPTS = 3;
/** How often a lock may be there for its creation and missing for its reading. */
const MAX_GONE = 40;

/** A lock that this process holds. Disposal releases it, and so does the end of the process. */
export class Lock implements Disposable {
  readonly #file: string;
  readonly #token: string;
  /** Directories that were made for the lock, innermost first. The release removes the empty ones. */
  readonly #made: readonly string[];

  constructor(file: string, token: string, made: readonly string[]) {
    this.#file = file;
    this.#token = token;
    this.#made = made;
    if (held.size === 0) process.on("exit", releaseAll);
    held.add(this);
  }

  [Symbol.dispose](): void {
    if (!held.delete(this)) return;
    if (held.size === 0) process.off("exit", releaseAll);
    try {
      if (readOwner(this.#file)?.token === this.#token) unlinkSync(this.#file);
    } catch {} // a stale lock is no obstacle, and this error must not hide another one
    removeEmpty(this.#made);
  }
}

const held = new Set<Lock>();

function releaseAll(): void {
  for (const lock of held) lock[Symbol.dispose]();
}

/**
 * Locks a directory, and makes it if it is missing. The release removes a directory that was made here and is
 * still empty.
 *
 * @throws GptError `usage` if another process holds the lock, and for a directory or a device with the name
 *   of the lock; as `writeError` for a directory that cannot be written
 */
export async function lockDirectory(path: string): Promise<Lock> {
  return await lockAs(join(path, DIRECTORY_LOCK), path, true);
}

/**
 * Locks a file, which may be missing. A device or a pipe needs no lock: the result is undefined.
 *
 * @param makesFolders whether missing folders of the file are made, as by `lockDirectory`
 * @throws GptError as `lockDirectory`
 */
export async function lockFile(path: string, makesFolders = false): Promise<Lock | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return undefined;
  const target = await followLinks(path).catch((error) => {
    throw writeError(path, error);
  });
  const file = join(dirname(target), `.gpt-${basename(target)}.lock`);
  return await lockAs(file, path, makesFolders);
}

async function lockAs(file: string, path: string, makesFolders: boolean): Promise<Lock> {
  const made = makesFolders ? missingDirectories(resolve(dirname(file))) : [];
  try {
    return new Lock(file, await takeWithin(makesFolders, file, path), made);
  } catch (error) {
    removeEmpty(made);
    throw writeError(path, error);
  }
}

/**
 * Another process may remove a directory that it made at this very moment: then the directory is made again.
 */
async function takeWithin(makesFolders: boolean, file: string, path: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    if (makesFolders) await makeDirectory(dirname(file));
    try {
      return await take(file, path);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Creates a lock file, and removes a stale one first. Returns its token. */
async function take(file: string, path: string): Promise<string> {
  for (let gone = 0; gone < MAX_GONE; ) {
    const token = randomBytes(6).toString("hex");
    if (create(file, token)) return token;
    const owner = await waitForOwner(file, path);
    if (owner === "gone") {
      gone++;
      await setTimeout(POLL_MS);
      continue;
    }
    if (owner !== "damaged" && isAlive(owner)) throw refusal(path, file, owner);
    await removeStale(file, owner, path);
  }
  throw new GptError("usage", `${path}: its lock ${file} appears and vanishes: try again later`);
}

/** False if the name is taken. */
function create(file: string, token: string): boolean {
  const content = JSON.stringify(thisProcess(token));
  const complete = `${file}-${token}`;
  try {
    writeFileSync(complete, content, { flag: "wx" });
    try {
      linkSync(complete, file);
    } finally {
      unlinkSync(complete);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    return createWithoutLinks(file, content);
  }
  return true;
}

/** For file systems without hard links. The file is empty for a moment, which readers wait for. */
function createWithoutLinks(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx" });
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  return true;
}

/**
 * Reads the owner of a lock. A lock without a content may be in the making: it counts as damaged after a
 * while. No process makes a symbolic link as a lock: it counts as damaged at once.
 *
 * @throws GptError `usage` for a directory, a pipe or a device
 */
async function waitForOwner(file: string, path: string): Promise<Owner | "damaged" | "gone"> {
  for (let waited = 0; ; waited += POLL_MS) {
    const owner = readOwner(file);
    if (owner !== undefined) return owner;
    const present = lstatSync(file, { throwIfNoEntry: false });
    if (present === undefined) return "gone";
    if (present.isSymbolicLink()) return "damaged";
    if (!present.isFile()) {
      const kind = present.isDirectory() ? "a directory" : "a pipe or a device";
      throw new GptError("usage", `${path}: its lock ${file} is ${kind}, expected a file: remove it`);
    }
    if (waited >= WRITING_MS) return "damaged";
    await setTimeout(POLL_MS);
  }
}

async function removeStale(file: string, stale: Owner | "damaged", path: string): Promise<void> {
  const tokenOf = (owner: Owner | "damaged") => (owner === "damaged" ? owner : owner.token);
  const right = `${file}.${tokenOf(stale)}`;
  using _ = new Lock(right, await take(right, path), []);
  const present = await waitForOwner(file, path);
  if (present !== "gone" && tokenOf(present) === tokenOf(stale)) unlinkSync(file);
}

function refusal(path: string, file: string, owner: Owner): GptError {
  const place = isElsewhere(owner) ? ` on ${owner.host}` : "";
  const advice = isElsewhere(owner) ? `; if that has ended, remove ${file}` : "";
  const problem = `is being written by process ${owner.pid}${place}: wait for its end, or choose another place${advice}`;
  return new GptError("usage", `${path}: ${problem}`);
}

/** The missing directories of a path, innermost first. */
function missingDirectories(path: string): string[] {
  if (existsSync(path)) return [];
  const parent = dirname(path);
  return parent === path ? [] : [path, ...missingDirectories(parent)];
}

function removeEmpty(directories: readonly string[]): void {
  try {
    for (const directory of directories) rmdirSync(directory);
  } catch {}
}
