/** A directory for new files, which must not replace the files of others. */
import { existsSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { GptError } from "../errors.ts";
import { fileError } from "./file.ts";
import { type Lock, lockDirectory } from "./locks/lock.ts";

/**
 * A directory that was missing or empty and that this process alone writes to. Without `keep`, disposal
 * removes the files in it, and the directory if it was missing.
 */
export class NewDirectory implements Disposable {
  readonly path: string;
  readonly #lock: Lock;
  #kept = false;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /** @throws GptError `usage` that names a file in the directory; as `lockDirectory` */
  static async open(path: string): Promise<NewDirectory> {
    refuseOthersFiles(path); // before the lock: nothing is written into the directory of others
    const lock = await lockDirectory(path);
    try {
      refuseOthersFiles(path);
      return new NewDirectory(path, lock);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  keep(): void {
    this.#kept = true;
  }

  [Symbol.dispose](): void {
    if (!this.#kept) {
      try {
        for (const name of visibleNames(this.path)) unlinkSync(join(this.path, name));
      } catch {} // this error must not hide another one
    }
    this.#lock[Symbol.dispose]();
  }
}

function refuseOthersFiles(path: string): void {
  const [present] = visibleNames(path);
  if (present === undefined) return;
  const advice = "choose a new or empty directory, or remove this one first";
  throw new GptError("usage", `${path}: holds ${present} already: ${advice}`);
}

/** Hidden files do not count: no model has them. */
const visibleNames = (path: string): string[] =>
  namesIn(path)
    .filter((name) => !name.startsWith("."))
    .sort();

/**
 * Names in a directory. Empty for a missing directory.
 *
 * @throws GptError `usage` for a file, and as `fileError`
 */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOTDIR" && existsSync(path)) {
      throw new GptError("usage", `${path}: is a file, expected a directory`);
    }
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw fileError(path, "read", error);
  }
}
