import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Journal } from "../../src/cli/journal.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const about = { run: "one" };
const read = ({ n }: Readonly<Record<string, unknown>>) => (typeof n === "number" ? n : undefined);
const open = (path: string) => Journal.open(path, about, read);

describe("a journal", () => {
  it("knows what an earlier run has written, without a line that is cut off", async () => {
    const path = file("cut");
    {
      await using journal = await open(path);
      for (const n of [1, 2]) await journal.add({ n });
    }
    writeFileSync(path, `${readFileSync(path, "utf8")}{"n":`);
    await using journal = await open(path);
    expect(journal.known).toEqual([1, 2]);
  });

  it("ends what is known at a damaged line", async () => {
    const path = file("damaged");
    writeFileSync(path, '{"run":"one"}\n{"n":1}\n{"n":\n{"n":3}\n');
    await using journal = await open(path);
    expect(journal.known).toEqual([1]);
    expect(readFileSync(path, "utf8")).toBe('{"run":"one"}\n{"n":1}\n');
  });

  it("is written by one process at a time", async () => {
    const path = file("taken");
    {
      await using _ = await open(path);
      const { code, message } = await rejectionOf(open(path));
      expect([code, message]).toEqual(["usage", expect.stringContaining(`process ${process.pid}`)]);
    }
    await using journal = await open(path);
    expect(journal.known).toEqual([]);
  });

  it.each([
    ["one line without an end", "my notes"],
    ["lines", "my notes\nof today\n"],
    ["another run", '{"run":"two"}\n'],
  ])("leaves a file with %s alone", async (name, content) => {
    const path = file(name);
    writeFileSync(path, content);
    const { code, message } = await rejectionOf(open(path));
    expect([code, message]).toEqual([
      "usage",
      expect.stringContaining("holds something else, or another run"),
    ]);
    expect(readFileSync(path, "utf8")).toBe(content);
    expect(readdirSync(file()).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });

  it("is refused in a directory that is missing", async () => {
    const { code, message } = await rejectionOf(open(file("none", "journal")));
    expect([code, message]).toEqual(["not-found", expect.stringContaining("there is no directory")]);
    expect(existsSync(file("none"))).toBe(false);
  });
});
