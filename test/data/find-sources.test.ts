import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findSources, readTexts } from "../../src/data/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { collect } from "./sources.ts";

const path = temporaryFolder();
mkdirSync(path("books", "more"), { recursive: true });
mkdirSync(path("books", ".git"));
mkdirSync(path("empty"));
for (const name of ["a.txt", "b.jsonl", "c.md", "more/d.txt", "more/[e].txt", ".hidden.txt", ".git/f.txt"]) {
  writeFileSync(path("books", name), name.endsWith(".jsonl") ? '{"text": "b.jsonl"}' : name);
}

const namesOf = async (...places: string[]) => {
  const found = await findSources(places.map((place) => path(place)));
  return found.map(({ name }) => name.slice(path("").length + 1));
};

describe("findSources", () => {
  it("takes files by their names, in their order", async () => {
    const sources = await findSources([path("books/c.md"), path("books/b.jsonl"), path("books/a.txt")]);
    expect(sources.map(({ format }) => format)).toEqual(["text", "json", "text"]);
    expect(await collect(readTexts(sources))).toEqual(["c.md", "b.jsonl", "a.txt"]);
    expect(sources[0]?.fingerprint).toMatchObject({ path: path("books/c.md"), size: 4 });
  });

  it("takes the text and JSON lines of directories, sorted, without hidden ones", async () => {
    expect(await namesOf("books")).toEqual([
      "books/a.txt",
      "books/b.jsonl",
      "books/more/[e].txt",
      "books/more/d.txt",
    ]);
  });

  it.each([
    ["books/*.txt", ["books/a.txt"]],
    ["books/**/*.txt", ["books/a.txt", "books/more/[e].txt", "books/more/d.txt"]],
    ["books/{a,more/?}.txt", ["books/a.txt", "books/more/d.txt"]],
    ["books/[a-b].*", ["books/a.txt", "books/b.jsonl"]],
    ["books/[!a].{md,jsonl}", ["books/b.jsonl", "books/c.md"]],
    ["books/.*.txt", ["books/.hidden.txt"]],
    ["books/more/[e].txt", ["books/more/[e].txt"]],
    ["b*ks/m*", ["books/more/[e].txt", "books/more/d.txt"]],
  ])("takes what matches %s", async (pattern, expected) => {
    expect(await namesOf(pattern)).toEqual(expected);
  });

  it("reads standard input once", async () => {
    async function* stream() {
      yield Buffer.from("piped in");
    }
    const [source] = await findSources(["-"], stream());
    if (source === undefined) throw new Error("no source");
    expect(source).toMatchObject({ name: "standard input", fingerprint: undefined });
    expect(await collect(readTexts([source]))).toEqual(["piped in"]);
    expect((await rejectionOf(findSources(["-", "-"], stream()))).code).toBe("usage");
  });

  it.each([
    ["nothing.txt", "not-found", /there is no such file/],
    ["empty", "not-found", /holds no \.txt, \.jsonl, \.ndjson file/],
    ["books/*.csv", "not-found", /no file has such a name/],
  ])("refuses %s", async (place, code, message) => {
    const error = await rejectionOf(findSources([path(place)]));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});
