/** Gives a file its name in a folder that several processes share: the first of them wins. */
import { link, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { GptError } from "../../errors.ts";
import { writeError } from "../write-error.ts";
import { codeOf } from "./lock-owner.ts";

const WITHOUT_LINKS: readonly unknown[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Moves a complete file to a name that no file has. `link` fails where the name is taken, in one step, on
 * every machine that shares the folder. The name is on the disk when this resolves.
 *
 * @returns false if the name is taken; the file is then removed
 * @throws GptError `usage` on a file system without hard links, and as `writeError`
 */
export async function nameFirst(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await syncFolder(dirname(to));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!WITHOUT_LINKS.includes(codeOf(error))) throw writeError(to, error);
    const problem = "its file system makes no hard links, which keep two processes apart";
    throw new GptError("usage", `${to}: ${problem}: choose a folder on another one`, { cause: error });
  } finally {
    await unlink(from).catch(() => {});
  }
}

/** Some systems open no folders. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}
