/**
 * Kept conversations: a file each, with a line of JSON for each message, in a folder of the user's own.
 */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GptError } from "../errors.ts";

/** As the XDG Base Directory Specification has it. */
export const talksFolder = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "gpt-simd", "chats");

const ENDING = ".jsonl";

/** A file for a new conversation, named by the time of its beginning. The file is written later. */
export function newTalkFile(folder: string, now: Date): string {
  // Others do not read what is said.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${now.toISOString().replaceAll(":", "-").replace(/\..*$/, "")}${ENDING}`);
}

/** The file that was written last. @throws GptError `not-found` if there is none */
export function lastTalkFile(folder: string): string {
  const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  const files = names.filter((name) => name.endsWith(ENDING)).map((name) => join(folder, name));
  const [last] = files
    .map((file) => ({ file, time: statSync(file).mtimeMs }))
    .sort((a, b) => b.time - a.time || (a.file < b.file ? 1 : -1));
  if (last !== undefined) return last.file;
  throw new GptError(
    "not-found",
    `${folder}: holds no conversation yet: talk with gpt chat at a terminal first`,
  );
}
