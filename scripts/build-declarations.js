/**
 * Copies the declarations that those of the library lead to into dist/types, in the folders of this tree. The
 * package holds these alone: declarations of the command line and of inner modules serve no user of the
 * library.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, posix } from "node:path";
import { replaceFile } from "./replace-file.js";

const OUTPUT = "dist/types";

/** Modules a declaration imports, exports from, or names in a type. */
const IMPORTS = /["'](\.[^"']*)\.[jt]s["']/g;

/** @param {string} module as in the tree: src/index, build/kernels */
const declarationsOf = (module) => readFileSync(`${module.replace(/^src\//, "dist/")}.d.ts`, "utf8");

export function buildDeclarations() {
  const modules = new Set(["src/index"]);
  for (const module of modules) {
    const text = declarationsOf(module);
    for (const [, from] of text.matchAll(IMPORTS)) modules.add(posix.join(posix.dirname(module), from));
    const path = join(OUTPUT, `${module}.d.ts`);
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) replaceFile(path, text);
  }
  for (const name of readdirSync(OUTPUT, { recursive: true })) {
    if (name.endsWith(".d.ts") && !modules.has(name.replaceAll("\\", "/").replace(/\.d\.ts$/, ""))) {
      rmSync(join(OUTPUT, name));
    }
  }
}
