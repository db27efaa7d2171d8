import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { OutputFile, sweepTemporaries, writeFile } from "../../src/files/output-file.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

describe("OutputFile", () => {
  const file = temporaryFolder();

  it("is there once it is kept, with the folders that it is in", async () => {
    const path = file("one/two/new.txt");
    {
      await using output = await OutputFile.create(path);
      await output.write("Once ");
      await output.write(Buffer.from("upon"));
      expect(existsSync(path)).toBe(false);
      await output.keep();
    }
    expect(readFileSync(path, "utf8")).toBe("Once upon");
    expect(readdirSync(file("one/two"))).toEqual(["new.txt"]);
  });

  it("leaves the old file unless it is kept, and then its permissions", async () => {
    const path = file("old.txt");
    await writeFile(path, "old");
    chmodSync(path, 0o600);
    {
      await using output = await OutputFile.create(path);
      await output.write("torn");
    }
    expect(readFileSync(path, "utf8")).toBe("old");
    await writeFile(path, "new");
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["new", 0o600]);
    expect(readdirSync(file()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("leaves nothing behind that is not swept, and nothing else is", async () => {
    const killed = await OutputFile.create(file("swept", "model.bin"));
    writeFileSync(file("swept", ".gpt-train.tmp.txt"), "");
    expect(readdirSync(file("swept"))).toHaveLength(2);
    await sweepTemporaries(file("swept"));
    expect(readdirSync(file("swept"))).toEqual([".gpt-train.tmp.txt"]);
    await sweepTemporaries(file("nowhere"));
    await killed[Symbol.asyncDispose]().catch(() => {});
  });

  it("goes where links lead, also where nothing is yet", async () => {
    symlinkSync("there/target", file("link"));
    symlinkSync("link", file("chain"));
    for (const text of ["made", "changed"]) {
      await writeFile(file("chain"), text);
      expect(readFileSync(file("there/target"), "utf8")).toBe(text);
    }
    expect([lstatSync(file("link")), lstatSync(file("chain"))].every((stats) => stats.isSymbolicLink())).toBe(
      true,
    );
    symlinkSync("circle", file("circle"));
    const { code, message } = await rejectionOf(OutputFile.create(file("circle")));
    expect([code, message]).toEqual([
      "resource",
      `${file("circle")}: cannot be written: its symbolic links form a circle`,
    ]);
  });

  it("is refused in a directory that takes none, and under a file", async () => {
    await writeFile(file("plain"), "");
    const codeOf = async (path: string) => {
      const { code, message } = await rejectionOf(OutputFile.create(path));
      return [code, message.slice(path.length)];
    };
    expect(await codeOf(file("plain/under.txt"))).toEqual([
      "resource",
      ": cannot be written: a part of its path is a file, not a directory",
    ]);
    if (!existsSync("/proc/self")) return;
    expect(await codeOf("/proc/nowhere/new.txt")).toEqual([
      "resource",
      ": cannot be written: its directory does not exist",
    ]);
  });
});
