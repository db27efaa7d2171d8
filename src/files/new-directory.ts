/** A directory for new files: what others have put into a directory stays theirs. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { GptError } from "../errors.ts";
import { fileError } from "./file.ts";
import { type Lock, lockDirectory } from "./lock.ts";

/**
 * Locks a directory that is new or empty, before anything is written into it. Hidden files do not count: no file that is
 * written here has such a name. A directory that is made here and stays empty is removed when the lock is released.
 *
 * @throws GptError `usage` that names a file in the directory; as `lockDirectory`
 */
export async function lockNewDirectory(path: string): Promise<Lock> {
  await refuseOthersFiles(path); // before the lock, which leaves the directory of others alone
  const lock = await lockDirectory(path);
  try {
    await refuseOthersFiles(path);
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function refuseOthersFiles(path: string): Promise<void> {
  const names = await readdir(path).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOTDIR" && existsSync(path)) {
      throw new GptError("usage", `${path}: is a file, expected a directory`);
    }
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw fileError(path, "read", error);
  });
  const present = names.filter((name) => !name.startsWith(".")).sort()[0];
  if (present === undefined) return;
  const advice = "choose a new or empty directory, or remove this one first";
  throw new GptError("usage", `${path}: holds ${present} already: ${advice}`);
}
