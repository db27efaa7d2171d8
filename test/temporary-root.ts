/** One folder for the temporary files of a whole run, also those of tests and programs that are stopped. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Workers inherit the environment. `TMPDIR` is read by Node on Unix, `TEMP` on Windows. */
export function setup(): () => void {
  const root = mkdtempSync(join(tmpdir(), "gpt-simd-"));
  process.env.TMPDIR = root;
  process.env.TEMP = root;
  return () => rmSync(root, { recursive: true, force: true });
}
