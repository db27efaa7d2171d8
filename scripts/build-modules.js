/**
 * Compiles src/ into dist/, a module and its declarations for each file, and removes the outputs of sources
 * that are gone.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export function buildModules() {
  const compiler = fileURLToPath(new URL("../bin/tsc", import.meta.resolve("typescript")));
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("tsc found errors");
  for (const name of readdirSync("dist", { recursive: true })) {
    const source = name.replace(/(\.d\.ts|\.js)$/, ".ts");
    const isModule = source !== name && !/^(bundle|types)\b/.test(name);
    if (isModule && !existsSync(join("src", source))) rmSync(join("dist", name));
  }
}
