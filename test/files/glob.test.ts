import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, posix, relative, resolve, win32 } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { glob, isGlob, partsOf } from "../../src/files/glob.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const FILES = [
  "a.txt",
  "b.jsonl",
  ".hidden.txt",
  "more/c.txt",
  "more/deep/d.txt",
  ".away/e.txt",
  "[x].txt",
  "é.txt",
];

beforeAll(() => {
  for (const name of FILES) {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), "");
  }
  symlinkSync("a.txt", file("link.txt"));
  symlinkSync(".", file("more/loop"));
});

/** What a pattern below the folder matches there. */
async function matched(pattern: string): Promise<string[]> {
  return (await glob(file(pattern))).map((path) => relative(file(), path));
}

describe("glob", () => {
  it.each<[string, string[]]>([
    ["*", ["[x].txt", "a.txt", "b.jsonl", "link.txt", "more", "é.txt"]],
    ["*.txt", ["[x].txt", "a.txt", "link.txt", "é.txt"]],
    ["?.txt", ["a.txt", "é.txt"]],
    ["{a,b,z}.{txt,jsonl}", ["a.txt", "b.jsonl"]],
    ["[a-b].*", ["a.txt", "b.jsonl"]],
    ["[!a-b]*.txt", ["[x].txt", "link.txt", "é.txt"]],
    [".*.txt", [".hidden.txt"]],
    [".away/*", [".away/e.txt"]],
    ["*/c.txt", ["more/c.txt"]],
    ["**/d.txt", ["more/deep/d.txt"]],
    ["**/*.txt", ["[x].txt", "a.txt", "link.txt", "more/c.txt", "more/deep/d.txt", "é.txt"]],
    ["more/**", ["more/c.txt", "more/deep/d.txt"]],
    ["more//*/", ["more/c.txt", "more/deep", "more/loop"]],
    ["nothing/*", []],
    ["a.txt/*", []],
  ])("%s", async (pattern, expected) => {
    expect(await matched(pattern)).toEqual(expected);
  });

  it("keeps a path as it was typed", async () => {
    const typed = relative(resolve(), file("more/*.txt"));
    expect(await glob(typed)).toEqual([relative(resolve(), file("more/c.txt"))]);
    expect(await glob(`./${typed}`)).toEqual([relative(resolve(), file("more/c.txt"))]);
  });

  it("knows a pattern by its wild cards", () => {
    for (const pattern of ["*", "a?", "[a]", "{a,b}"]) expect(isGlob(pattern)).toBe(true);
    for (const path of ["a.txt", "a/b", "C:\\a"]) expect(isGlob(path)).toBe(false);
  });
});

describe("the parts of a pattern", () => {
  it.each([
    ["data\\*.txt", "", ["data", "*.txt"]],
    ["data/more\\*.txt", "", ["data", "more", "*.txt"]],
    ["C:\\data\\**\\*.txt", "C:\\", ["data", "**", "*.txt"]],
    ["C:/data/*.txt", "C:/", ["data", "*.txt"]],
    ["\\\\server\\share\\*.txt", "\\\\server\\share\\", ["*.txt"]],
  ])("on Windows: %s", (pattern, root, names) => {
    expect(partsOf(pattern, win32)).toEqual({ root, names });
  });

  it.each([
    ["/data//*.txt", "/", ["data", "*.txt"]],
    ["a\\b/*", "", ["a\\b", "*"]],
    ["../*", "", ["..", "*"]],
  ])("elsewhere: %s", (pattern, root, names) => {
    expect(partsOf(pattern, posix)).toEqual({ root, names });
  });
});
