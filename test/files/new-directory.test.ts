import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/files/locks/lock.ts";
import { NewDirectory } from "../../src/files/new-directory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

describe("a new directory", () => {
  const file = temporaryFolder();

  it("takes a directory that is new, empty, or holds hidden files alone", async () => {
    mkdirSync(file("empty"));
    mkdirSync(file("hidden"));
    writeFileSync(file("hidden", ".gitignore"), "");
    for (const name of ["new", "empty", "hidden"]) {
      using directory = await NewDirectory.open(file(name));
      writeFileSync(file(name, "config.json"), "{}");
      directory.keep();
    }
    expect(readdirSync(file("new"))).toEqual(["config.json"]);
  });

  it("is as it was where it is not kept", async () => {
    mkdirSync(file("there"));
    writeFileSync(file("there", ".gitignore"), "");
    for (const name of ["there", "made"]) {
      using _ = await NewDirectory.open(file(name));
      writeFileSync(file(name, "model.safetensors"), "");
    }
    expect(readdirSync(file("there"))).toEqual([".gitignore"]);
    expect(existsSync(file("made"))).toBe(false);
  });

  it("refuses one with files, names the first, and changes nothing", async () => {
    mkdirSync(file("model"));
    for (const name of ["vocab.json", "config.json"]) writeFileSync(file("model", name), "");
    expect(await rejectionOf(NewDirectory.open(file("model")))).toMatchObject({
      code: "usage",
      message: `${file("model")}: holds config.json already: choose a new or empty directory, or remove this one first`,
    });
    expect(readdirSync(file("model"))).toEqual(["config.json", "vocab.json"]);
    writeFileSync(file("plain"), "");
    const { code, message } = await rejectionOf(NewDirectory.open(file("plain")));
    expect([code, message]).toEqual(["usage", `${file("plain")}: is a file, expected a directory`]);
  });

  it("refuses one that another process fills, and removes one that stays empty", async () => {
    {
      using _ = await lockDirectory(file("shared"));
      expect((await rejectionOf(NewDirectory.open(file("shared")))).message).toContain(
        "is being written by process",
      );
    }
    (await NewDirectory.open(file("shared")))[Symbol.dispose]();
    expect(existsSync(file("shared"))).toBe(false);
  });
});
