import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/files/lock.ts";
import { lockNewDirectory } from "../../src/files/new-directory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

describe("lockNewDirectory", () => {
  const file = temporaryFolder();

  it("takes a directory that is new, empty, or holds hidden files alone", async () => {
    mkdirSync(file("empty"));
    mkdirSync(file("hidden"));
    writeFileSync(file("hidden", ".gitignore"), "");
    for (const name of ["new", "empty", "hidden"]) {
      using _ = await lockNewDirectory(file(name));
      writeFileSync(file(name, "config.json"), "{}");
    }
    expect(readdirSync(file("new"))).toEqual(["config.json"]);
  });

  it("refuses one with files, names the first, and changes nothing", async () => {
    mkdirSync(file("model"));
    for (const name of ["vocab.json", "config.json"]) writeFileSync(file("model", name), "");
    expect(await rejectionOf(lockNewDirectory(file("model")))).toMatchObject({
      code: "usage",
      message: `${file("model")}: holds config.json already: choose a new or empty directory, or remove this one first`,
    });
    expect(readdirSync(file("model"))).toEqual(["config.json", "vocab.json"]);
    writeFileSync(file("plain"), "");
    const { code, message } = await rejectionOf(lockNewDirectory(file("plain")));
    expect([code, message]).toEqual(["usage", `${file("plain")}: is a file, expected a directory`]);
  });

  it("refuses one that another process fills, and removes one that stays empty", async () => {
    {
      using _ = await lockDirectory(file("shared"));
      expect((await rejectionOf(lockNewDirectory(file("shared")))).message).toContain(
        "is being written by process",
      );
    }
    (await lockNewDirectory(file("shared")))[Symbol.dispose]();
    expect(existsSync(file("shared"))).toBe(false);
  });
});
