import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Results } from "../../../../../src/cli/verbs/generate/batch/results.ts";
import { rejectionOf } from "../../../../fixtures/errors.ts";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";

const file = temporaryFolder();
const good = '{"text":"漢","finish_reason":"length"}\n';
const bad = '{"id":1,"error":{"code":"usage","message":"x"}}\n';

function written(name: string, text: string | Uint8Array): string {
  writeFileSync(file(name), text);
  return file(name);
}

describe("Results", () => {
  it("begins anew without --resume, and not before it is told to", async () => {
    const path = written("anew", "precious\n");
    await using results = await Results.open(path, false);
    expect([results.path, results.kept]).toEqual([path, { lines: 0, failed: 0, size: 0 }]);
    expect(readFileSync(path, "utf8")).toBe("precious\n");
    await results.begin();
    await results.write(good);
    expect(readFileSync(path, "utf8")).toBe(good);
  });

  it("leaves a file alone that holds results, unless it is resumed", async () => {
    for (const [text, count] of [
      [good + bad, "2 results"],
      [good.trimEnd(), "1 result"],
      [`${good}precious`, "1 result"],
    ] as const) {
      const path = written("results", text);
      const error = await rejectionOf(Results.open(path, false));
      expect(error).toMatchObject({
        code: "usage",
        message: `${path}: holds ${count}: --resume goes on after them, or choose another name`,
      });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    await using torn = await Results.open(written("torn-only", good.slice(0, 11)), false);
    expect(torn.kept.lines).toBe(0);
  });

  it("locks its file while it is open", async () => {
    const path = file("locked");
    {
      await using first = await Results.open(path, false);
      for (const resume of [false, true]) {
        const error = await rejectionOf(Results.open(path, resume));
        expect([error.code, error.message]).toEqual([
          "usage",
          expect.stringContaining(`is being written by process ${process.pid}`),
        ]);
      }
      await first.write(good);
      expect(readFileSync(path, "utf8")).toBe(good);
    }
    await using again = await Results.open(path, true);
    expect(again.kept.lines).toBe(1);
    expect(readdirSync(file()).filter((name) => name.endsWith(".lock"))).toEqual([".gpt-locked.lock"]);
  });

  it("keeps whole lines, drops a torn one, and goes on after them", async () => {
    for (const torn of ["", "{", good.slice(0, -1), good.slice(0, 11), "\0\0", '{"i\0\0', '{"error":{']) {
      const path = written("torn", good + bad + torn);
      await using results = await Results.open(path, true);
      expect(results.kept).toEqual({ lines: 2, failed: 1, size: Buffer.byteLength(good + bad) });
      await results.begin();
      await results.write(good);
      expect(readFileSync(path, "utf8")).toBe(good + bad + good);
    }
    const split = written("split", Buffer.from(good).subarray(0, 10)); // within a character
    await using results = await Results.open(split, true);
    await results.begin();
    expect(statSync(split).size).toBe(0);
  });

  it("tells again what it keeps", async () => {
    for (const text of ["", good + bad, `${good + bad}{"id":`]) {
      await using results = await Results.open(written("kept", text), true);
      const kept = [];
      for await (const result of results.keptResults()) kept.push(result);
      expect(kept).toEqual(text === "" ? [] : [JSON.parse(good), JSON.parse(bad)]);
    }
  });

  it("resumes a file that is not there yet", async () => {
    await using results = await Results.open(file("new"), true);
    expect(results.kept.lines).toBe(0);
    await results.write(good);
    expect(readFileSync(file("new"), "utf8")).toBe(good);
  });

  it("leaves a file alone that holds something else", async () => {
    for (const line of ['{"prompt":"Once"}', "text", "", "[]", "null"]) {
      const path = written("other", `${good}${line}\n`);
      const error = await rejectionOf(Results.open(path, true));
      expect([error.code, error.message]).toEqual([
        "invalid-file",
        expect.stringContaining("line 2 is no result of a batch"),
      ]);
      expect(readFileSync(path, "utf8")).toBe(`${good}${line}\n`);
    }
  });

  it("leaves a file alone whose last line is no torn result", async () => {
    const lines = [
      "precious",
      '{"name":"x"}',
      '{"id":1,"prompt":"Once"}',
      "[",
      '{"tex":',
      '{"prompt":"On',
      "3",
    ];
    for (const text of [...lines, ...lines.map((line) => good + line)]) {
      const path = written("precious", text);
      const error = await rejectionOf(Results.open(path, true));
      expect([error.code, error.message]).toEqual(["invalid-file", expect.stringContaining("is no result")]);
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });

  it("knows the file that is read too", async () => {
    for (const resume of [false, true]) {
      const path = written("same", resume ? good : '{"prompt":"Once"}');
      const error = await rejectionOf(Results.open(path, resume, statSync(path)));
      expect([error.code, error.message]).toEqual(["usage", expect.stringContaining("is the input too")]);
      await using results = await Results.open(path, resume, statSync(written("another", good)));
      expect(results.path).toBe(path);
    }
    await using nowhere = await Results.open("/dev/null", false, statSync("/dev/null"));
    expect(nowhere.path).toBeUndefined();
  });

  it("refuses places where nothing can be written, and a device to resume", async () => {
    mkdirSync(file("directory"));
    expect((await rejectionOf(Results.open(file("directory"), false))).code).toBe("usage");
    expect((await rejectionOf(Results.open(file("no", "where"), true))).code).toBe("not-found");
    expect((await rejectionOf(Results.open("/dev/null", true))).code).toBe("usage");
    await using full = await Results.open("/dev/full", false);
    await full.begin();
    expect((await rejectionOf(full.write(good))).code).toBe("resource");
  });
});
