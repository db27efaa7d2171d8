/** Compiles assembly/ into the targets of asconfig.json, each only when a source is newer than its output. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import asc from "assemblyscript/asc";

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const sources = readdirSync("assembly", { recursive: true }).map((name) => `assembly/${name}`);
const newest = Math.max(...["asconfig.json", ...sources].map(modified));
const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));

for (const [target, { outFile }] of Object.entries(targets)) {
  if (modified(outFile) > newest) continue;
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  if (error) {
    process.stderr.write(`${stderr}${error.message}\n`);
    process.exitCode = 1;
    break;
  }
}
