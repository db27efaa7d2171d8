/** The repository's own sources, as the tests of its habits read them. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** @param path from the repository's root */
export const textOf = (path: string): string => readFileSync(join(root, path), "utf8");

export interface Source {
  /** From the repository's root, with slashes: `src/engine/session.ts`. */
  readonly path: string;
  readonly text: string;
}

/** TypeScript and JavaScript below `folder`, sorted by path. */
export function sourcesIn(folder: string): Source[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.split(sep).join("/")))
    .filter((path) => /\.[tj]s$/.test(path) && !/(^|\/)(node_modules|peers)\//.test(path));
  return paths.sort().map((path) => ({ path, text: textOf(path) }));
}

/** Paths of the files that a source imports, types included. */
export function importsOf({ path, text }: Source): string[] {
  const specifiers = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier = ""]) => posix.join(posix.dirname(path), specifier));
}

export const linesOf = ({ text }: Source): number => text.trimEnd().split("\n").length;

/** Folders, with the number of sources directly in each. */
export function sizesOfFolders(sources: readonly Source[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { path } of sources) sizes.set(dirname(path), (sizes.get(dirname(path)) ?? 0) + 1);
  return sizes;
}
