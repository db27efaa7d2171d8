/** Compiles assembly/ into the targets of asconfig.json, each only when a source is newer than its output. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { replaceFile } from "./replace-file.js";

export async function buildKernels() {
  const sources = readdirSync("assembly", { recursive: true }).map((name) => join("assembly", name));
  const newest = Math.max(...["asconfig.json", ...sources].map(modified));
  const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  for (const [target, { outFile }] of Object.entries(targets)) {
    if (modified(outFile) > newest) continue;
    const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target], {
      writeFile: (name, content, folder) => replaceFile(join(folder, name), content),
    });
    if (error) throw new Error(`${stderr}${error.message}`);
  }
}

/** Milliseconds; 0 for a file that is not there. */
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
