import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { flagsFromFile } from "../../../src/cli/flags/config-file.ts";
import { count, list, number, oneOf, text, toggle, value } from "../../../src/cli/flags/flags.ts";
import { layered } from "../../../src/cli/flags/raw-flags.ts";
import { typedAgain } from "./typed-again.ts";

const flags = {
  prompt: value(text, "A text", { inherited: false }),
  "top-k": value(number, "A number"),
  temp: value(number, "A number", { synonyms: ["temperature"], alias: "t" }),
  stop: list(text, "A text"),
  early: value(oneOf("true", "false", "never"), "A choice"),
  quiet: toggle("A switch"),
  verbose: count("A level"),
};
const otherFlags = { repetitions: value(number, "A number"), ids: value(text, "Ids", { inherited: false }) };

const directory = mkdtempSync(join(tmpdir(), "gpt-config-"));
const path = join(directory, "my.json");
afterAll(() => rmSync(directory, { recursive: true }));

function read(content: unknown) {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return flagsFromFile(path, flags, async () => [flags, otherFlags]);
}

describe("flagsFromFile", () => {
  it("reads a file with a byte-order mark", async () => {
    expect(typedAgain(await read('\ufeff{"temp": 1}'), flags)).toEqual(["--temp", "1"]);
  });

  it("reads flags under any of their names, with values of JSON's types", async () => {
    const given = await read({
      top_k: 20,
      temperature: "0.7",
      stop: ["The End", "\n", 5],
      early: true,
      quiet: true,
      verbose: 2,
    });
    expect(typedAgain(given, flags)).toEqual(
      ["--top-k", "20", "--temp", "0.7", "--stop", "The End", "--stop", "\n", "--stop", "5"].concat([
        "--early",
        "true",
        "--quiet",
        "--verbose",
        "--verbose",
      ]),
    );
    expect(given.get("temp")?.origin).toBe(`${path}: temperature`);
    expect(typedAgain(await read({ stop: "x", quiet: false, verbose: true }), flags)).toEqual([
      "--stop",
      "x",
      "--verbose",
    ]);
  });

  it("leaves other commands' flags alone and refuses names that no command has", async () => {
    expect((await read({ repetitions: 3 })).size).toBe(0);
    await expect(read({ "top-q": 3 })).rejects.toThrow(
      `${path}: unknown name "top-q": did you mean "top-k"?`,
    );
    await expect(read({ repetition: 3 })).rejects.toThrow('did you mean "repetitions"?');
    await expect(read({ t: 1 })).rejects.toThrow('did you mean "temp"?');
    for (const typed of ["prompt", "ids"]) {
      await expect(read({ [typed]: "1" })).rejects.toThrow(
        `${path}: ${typed}: is taken from the command line alone`,
      );
    }
    await expect(read('{ "__proto__": 1 }')).rejects.toThrow(`${path}: unknown name "__proto__"`);
  });

  it("refuses values of the wrong type, and two for one flag", async () => {
    for (const [content, problem] of [
      [{ quiet: "yes" }, 'quiet: expected true or false, found "yes"'],
      [{ verbose: 1e9 }, "verbose: expected a number from 0 to 9, found 1000000000"],
      [{ "top-k": null }, "top-k: expected a text or a number, found null"],
      [{ "top-k": [1, 2] }, "top-k: expected a text or a number, found [1,2]"],
      [{ stop: [["a"]] }, 'stop: expected a text or a number, found ["a"]'],
      [{ "top-k": 1, top_k: 2 }, "top_k: --top-k is given twice"],
    ] as const) {
      await expect(read(content)).rejects.toThrow(`${path}: ${problem}`);
    }
  });

  it("refuses what is no JSON object", async () => {
    for (const [content, problem] of [
      ["", "line 1, column 1: expected a value, found the end"],
      ['{\n  "temp": 1,\n}', 'line 3, column 1: expected a name in double quotes, found "}"'],
      ["[1]", 'expected an object in braces such as {"temp": 0.7}, found [1]'],
    ] as const) {
      await expect(read(content)).rejects.toMatchObject({ code: "usage", message: `${path}: ${problem}` });
    }
    writeFileSync(path, Buffer.from([0x7b, 0xff]));
    await expect(flagsFromFile(path, flags, async () => [])).rejects.toThrow("is not UTF-8: byte 1");
    await expect(flagsFromFile(join(directory, "none"), flags, async () => [])).rejects.toMatchObject({
      code: "not-found",
    });
  });
});

it("a later source takes the place of an earlier one, flag by flag", () => {
  const source = (origin: string, values: Record<string, string[]>) =>
    new Map(
      Object.entries(values).map(([name, values]) => [name, { origin, values, source: "file" as const }]),
    );
  const all = layered(
    source("file", { stop: ["a", "b"], quiet: [""], temp: ["1"] }),
    source("environment", { stop: ["c"], quiet: [] }),
  );
  expect(typedAgain(all, flags)).toEqual(["--stop", "c", "--temp", "1"]);
  expect(all.get("temp")?.origin).toBe("file");
});
