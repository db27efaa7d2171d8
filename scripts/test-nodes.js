/**
 * Runs the tests and the record with every Node that is supported and present. Node 20 has the plain kernels
 * only. Newer ones use the relaxed kernels, but for the record, which is of the plain ones.
 *
 * Places: `build/nodes`, the Node of this script, `node22` on the PATH. `npm run test:nodes -- --install`
 * fetches missing ones into `build/nodes`. Other arguments go to vitest.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const majors = ["20", "22", "24"];
const { platform, arch, execPath, argv } = process;
const args = argv.slice(2).filter((arg) => arg !== "--install");
const vitest = resolve("node_modules/vitest/vitest.mjs");

for (const major of majors) {
  const node = find(major) ?? (argv.includes("--install") ? install(major) : undefined);
  if (node === undefined) {
    console.log(`Node ${major} is not present: skipped`);
    continue;
  }
  console.log(`Node ${version(node)}`);
  const { status } = spawnSync(node, [vitest, "run", "--mode", "nodes", ...args], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

/** The path of a Node of this major version. */
function find(major) {
  const candidates = [installed(major), execPath, `node${major}`];
  return candidates.find((path) => version(path)?.split(".")[0] === major);
}

/** @returns undefined where `path` is no Node */
function version(path) {
  const { status, stdout } = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** npm has a package for each platform that holds the program. */
function installed(major) {
  const name = platform === "win32" ? "node.exe" : "bin/node";
  return resolve(`build/nodes/${major}/node_modules/node-${platform}-${arch}/${name}`);
}

function install(major) {
  const spec = `node-${platform}-${arch}@${major}`;
  spawnSync("npm", ["install", "--silent", "--prefix", `build/nodes/${major}`, spec], { stdio: "inherit" });
  return existsSync(installed(major)) ? installed(major) : undefined;
}
