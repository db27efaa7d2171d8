/** Starts `gpt` by the name that scripts use. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../habits/sources.ts";

export const bin = join(root, "bin/gpt.js");

/** Makes a folder for PATH. @returns the folder */
export function commandFolder(folder: string): string {
  mkdirSync(folder);
  const path = join(folder, "gpt");
  writeFileSync(path, `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  chmodSync(path, 0o755);
  return folder;
}
