/**
 * File names with wild cards, for shells that leave them as they are: `data/*.{txt,jsonl}`.
 *
 * tinyglobby was weighed: it lists `../data/a.txt` under another name than was typed, needs links to be
 * followed for files that are links, and then reads a linked directory twice.
 */
import { type Dirent, existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path, { join, type PlatformPath } from "node:path";

/** Whether a path has a wild card: `*`, `?`, `[a-z]` or `{a,b}`. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path);

/**
 * The files and directories that a pattern matches, sorted. `*` and `?` stand for characters within a name,
 * `**` for any directories between, and then only files are matched. A name that starts with a dot is matched
 * by a pattern that does.
 */
export async function glob(pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const expanded of expandBraces(pattern)) {
    const { root, names } = partsOf(expanded);
    await new Walk(names.includes("**"), found).collect(
      root,
      names.at(-1) === "**" ? [...names, "*"] : names,
    );
  }
  return [...found].sort();
}

/** The root of a path, such as `/` or `C:\`, and the names below it. Windows has two separators. */
export function partsOf(
  pattern: string,
  platform: PlatformPath = path,
): { readonly root: string; readonly names: readonly string[] } {
  const { root } = platform.parse(pattern);
  const names = pattern.slice(root.length).split(platform.sep === "\\" ? /[\\/]/ : "/");
  return { root, names: names.filter((name) => name !== "") };
}

class Walk {
  readonly #filesOnly: boolean;
  readonly #found: Set<string>;

  constructor(filesOnly: boolean, found: Set<string>) {
    this.#filesOnly = filesOnly;
    this.#found = found;
  }

  /**
   * Adds the paths below a directory that the names match. The empty text stands for the working directory.
   */
  async collect(directory: string, [name, ...rest]: readonly string[]): Promise<void> {
    if (name === undefined) return;
    if (name === "**") {
      await this.collect(directory, rest);
      for (const entry of await entriesOf(directory)) {
        const isVisible = !entry.name.startsWith(".");
        if (entry.isDirectory() && isVisible)
          await this.collect(join(directory, entry.name), [name, ...rest]);
      }
      return;
    }
    if (!isGlob(name)) {
      const path = join(directory, name);
      if (rest.length > 0) await this.collect(path, rest);
      else if (existsSync(path)) this.#found.add(path);
      return;
    }
    const matches = nameMatcher(name);
    for (const entry of await entriesOf(directory)) {
      if (!matches.test(entry.name)) continue;
      const path = join(directory, entry.name);
      if (rest.length > 0) await this.collect(path, rest);
      else if (!(this.#filesOnly && isDirectory(path))) this.#found.add(path);
    }
  }
}

/** Follows links. */
const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Empty for a directory that is missing or may not be read. */
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
