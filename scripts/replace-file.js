/** Writes a file beside its place and renames it: readers see the old content or the new, never a part. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** @param {string} path @param {string | Uint8Array} content */
export function replaceFile(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, content);
  renameSync(beside, path);
}
