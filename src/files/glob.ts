/** File names with wild cards, for shells that leave them as they are: `data/*.{txt,jsonl}`. */

import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Whether a path has a wild card: `*`, `?`, `[a-z]` or `{a,b}`. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path);

/**
 * The files and directories that a pattern matches, sorted. `*` and `?` stand for characters within a name, `**` for any
 * directories between; a name that starts with a dot is matched by a pattern that does.
 */
export async function glob(pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const path of expandBraces(pattern)) {
    const names = path.split("/");
    const [start, rest] = names[0] === "" ? ["/", names.slice(1)] : ["", names];
    await collect(start, rest, found);
  }
  return [...found].sort();
}

async function collect(directory: string, [name, ...rest]: string[], found: Set<string>): Promise<void> {
  if (name === undefined) return;
  if (name === "**") {
    await collect(directory, rest, found);
    for (const entry of await entriesOf(directory)) {
      const hidden = entry.name.startsWith(".");
      if (entry.isDirectory() && !hidden) await collect(join(directory, entry.name), [name, ...rest], found);
    }
    return;
  }
  if (!isGlob(name)) return await take(join(directory, name), rest, found);
  const matches = nameMatcher(name);
  for (const entry of await entriesOf(directory)) {
    if (matches.test(entry.name)) await take(join(directory, entry.name), rest, found);
  }
}

async function take(path: string, rest: string[], found: Set<string>): Promise<void> {
  if (rest.length > 0) await collect(path, rest, found);
  else found.add(path);
}

/** None where there is no such directory, or it may not be read. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory === "" ? "." : directory, { withFileTypes: true }).catch(() => []);
}

function nameMatcher(name: string): RegExp {
  const source = name.replace(/\[!?[^\]]+\]|[*?]|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length > 1) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return `\\${part}`;
  });
  return new RegExp(name.startsWith(".") ? `^${source}$` : `^(?!\\.)${source}$`, "us");
}

/** `a{b,c}d` -> `abd`, `acd`; the innermost braces first. */
function expandBraces(pattern: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(pattern);
  if (braces === null) return [pattern];
  const [all, choices = ""] = braces;
  const before = pattern.slice(0, braces.index);
  const after = pattern.slice(braces.index + all.length);
  return choices.split(",").flatMap((choice) => expandBraces(`${before}${choice}${after}`));
}
