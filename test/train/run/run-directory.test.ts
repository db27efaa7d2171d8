import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DIRECTORY_LOCK } from "../../../src/files/locks/lock.ts";
import { RunDirectory } from "../../../src/train/run/run-directory.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const folder = temporaryFolder();

function made(name: string): RunDirectory {
  mkdirSync(folder(name));
  return new RunDirectory(folder(name));
}

describe("RunDirectory", () => {
  it("belongs to one run and to one process at a time", async () => {
    const directory = new RunDirectory(folder("taken"));
    {
      using _ = await directory.claim();
      const first = await rejectionOf(directory.claim());
      expect([first.code, first.message]).toEqual([
        "usage",
        expect.stringContaining(`is being written by process ${process.pid}`),
      ]);
      await directory.begin({ seed: "1" });
      const second = await rejectionOf(directory.reclaim());
      expect(second.message).toContain(`is being written by process ${process.pid}`);
    }
    expect(await directory.settings()).toEqual({ seed: "1" });
    expect((await rejectionOf(directory.claim())).message).toContain("holds a run already: --resume");
    using _ = await directory.reclaim();
  });

  it.each([
    "README.md",
    "config.json",
    "metrics.jsonl",
    "model.safetensors",
    "vocab.json",
    "last",
    "loss.svg",
  ])("refuses to replace %s, and leaves all as it was", async (name) => {
    const directory = made(`other-${name}`);
    writeFileSync(`${directory.path}/${name}`, "mine");
    writeFileSync(`${directory.path}/notes.txt`, "");
    const { code, message } = await rejectionOf(directory.claim());
    expect([code, message]).toEqual([
      "usage",
      `${directory.path}/${name} is there already: choose another directory`,
    ]);
    expect(readdirSync(directory.path).sort()).toEqual([name, "notes.txt"].sort());
    expect(readFileSync(`${directory.path}/${name}`, "utf8")).toBe("mine");
  });

  it("refuses to replace data, and to write where a link leads", async () => {
    const directory = made("data");
    mkdirSync(`${directory.path}/data`);
    writeFileSync(`${directory.path}/data/train.tokens`, "my corpus");
    expect((await rejectionOf(directory.claim())).message).toContain("data/train.tokens is there already");
    const linked = made("linked");
    symlinkSync(folder("elsewhere"), `${linked.path}/README.md`);
    expect((await rejectionOf(linked.claim())).message).toContain("README.md is there already");
  });

  it("refuses a file, and a folder in a file", async () => {
    const { path } = made("holder");
    writeFileSync(`${path}/stories.txt`, "");
    expect((await rejectionOf(new RunDirectory(`${path}/stories.txt`).claim())).message).toBe(
      `${path}/stories.txt: is a file, expected a directory`,
    );
    expect((await rejectionOf(new RunDirectory(`${path}/stories.txt/run`).claim())).message).toContain(
      "a part of its path is a file, not a directory",
    );
  });

  it("begins beside files that it does not write", async () => {
    const directory = made("beside");
    writeFileSync(`${directory.path}/stories.txt`, "");
    using _ = await directory.claim();
  });

  it("removes the files of a run that cannot begin, and the directory", async () => {
    const directory = new RunDirectory(folder("new", "deep"));
    {
      using _ = await directory.claim();
      await directory.begin({});
      await directory.write("tokenizer.json", "{}");
      await directory.write("data/train.tokens", "");
      await directory.write("last/config.json", "{}");
      await directory.abandon();
      expect(readdirSync(directory.path)).toEqual([DIRECTORY_LOCK]);
    }
    expect(existsSync(folder("new"))).toBe(false);
  });

  it("removes half-written files of a run that is resumed", async () => {
    const directory = new RunDirectory(folder("swept"));
    await directory.begin({});
    for (const name of [".gpt-1.tmp", "last/.gpt-2.tmp", "data/.gpt-3.tmp"]) await directory.write(name, "");
    using _ = await directory.reclaim();
    expect(readdirSync(directory.path, { recursive: true }).sort()).toEqual([
      DIRECTORY_LOCK,
      "data",
      "last",
      "train.json",
    ]);
  });

  it("says that there is no run, and makes no directory", async () => {
    const directory = new RunDirectory(folder("nothing"));
    for (const attempt of [directory.settings(), directory.reclaim()]) {
      expect((await rejectionOf(attempt)).code).toBe("not-found");
    }
    expect(existsSync(directory.path)).toBe(false);
  });
});
