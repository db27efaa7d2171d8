/** A directory for new files: what others have put into a directory stays theirs. */
import { existsSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { GptError } from "../errors.ts";
import { fileError } from "./file.ts";
import { type Lock, lockDirectory } from "./lock.ts";

/**
 * A directory that was new or empty and that this process alone writes to. Where it is not kept, disposal removes the files
 * that have come into it, and the directory where it was new.
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
    refuseOthersFiles(path); // before the lock, which leaves the directory of others alone
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
      } catch {} // the error that is under way must not be hidden
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

/** Hidden files do not count: no file that is written here has such a name. None where no directory is. */
function visibleNames(path: string): string[] {
  try {
    const names = readdirSync(path);
    return names.filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOTDIR" && existsSync(path)) {
      throw new GptError("usage", `${path}: is a file, expected a directory`);
    }
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw fileError(path, "read", error);
  }
}
