import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseTable } from "../../../src/evaluate/task/csv.ts";
import { readRows } from "../../../src/evaluate/task/rows.ts";
import { fill } from "../../../src/evaluate/task/template.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const cells = (text: string, delimiter: "," | "\t" = ",") =>
  parseTable(text, delimiter).map((row) => row.cells);

describe("tables", () => {
  it("have cells in quotes with commas, line breaks and quotes", () => {
    expect(cells('a,"b, ""c""\nd",e\r\n1,,3\n')).toEqual([
      ["a", 'b, "c"\nd', "e"],
      ["1", "", "3"],
    ]);
    expect(cells("a,b,\n")).toEqual([["a", "b", ""]]);
    expect(parseTable('"a\nb",c\nd,e', ",").map(({ line }) => line)).toEqual([1, 3]);
  });

  it("with tabs know no quotes", () => {
    expect(cells('a\t"b\n\nc\td\n', "\t")).toEqual([
      ["a", '"b'],
      ["c", "d"],
    ]);
  });
});

describe("readRows", () => {
  const read = async (name: string, content: string | Uint8Array, layout = {}) => {
    writeFileSync(file(name), content);
    return (await readRows(file(name), layout)).map(({ fields }) => fields);
  };

  it("reads each format, compressed too", async () => {
    const row = { a: "1", b: "x" };
    expect(await read("t.csv", "a,b\n1,x\n")).toEqual([row]);
    expect(await read("t.tsv", "1\tx\n", { columns: ["a", "b"] })).toEqual([row]);
    expect(await read("t.jsonl", '{"a":"1","b":"x"}\n\n')).toEqual([row]);
    expect(await read("t.json", '{"data":[{"a":"1","b":"x"}]}')).toEqual([row]);
    expect(await read("t.jsonl.gz", gzipSync('{"a":"1","b":"x"}\n'))).toEqual([row]);
    expect(await read("t.txt", "c\n0\nd\n1\n", { lines: 2 })).toMatchObject([
      { lines: ["c", "0"] },
      { lines: ["d", "1"] },
    ]);
  });

  it.each([
    ["t.jsonl", "[1]", ":1: expected an object"],
    ["t.json", "{}", "expected a list"],
    ["t.xml", "", "ends in one of"],
    ["t.csv", Uint8Array.of(0xff), "not UTF-8"],
  ])("refuses %s of %j", async (name, content, problem) => {
    await expect(read(name, content)).rejects.toThrow(problem);
  });
});

it("fills templates, and names the fields where one is missing", () => {
  expect(fill("{a}: {list.1}{", { a: 1, list: ["x", "y"] })).toBe("1: y{");
  expect(() => fill("{b}", { a: 1 })).toThrow('"b": the fields are a');
  expect(() => fill("{a}", { a: [1] })).toThrow("expected a text");
  expect(() => fill("{a}", { a: null })).toThrow('"a" is null, expected a text');
});
