import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readRows } from "../../../src/evaluate/task/rows.ts";
import { fill } from "../../../src/evaluate/task/template.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

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

  it("reads tables with quotes and line breaks, and rows that lack cells", async () => {
    const columns = ["x", "y", "z"];
    expect(await read("q.csv", 'a,"b, ""c""\nd",e\r\n\n1,,3\n4,5" x\n', { columns })).toEqual([
      { x: "a", y: 'b, "c"\nd', z: "e" },
      { x: "1", y: "", z: "3" },
      { x: "4", y: '5" x' },
    ]);
    const places = (await readRows(file("q.csv"), { columns })).map(({ place }) => place);
    expect(places).toEqual([2, 4, 5].map((line) => `${file("q.csv")}:${line}`));
  });

  it("reads tables with tabs, which know no quotes", async () => {
    expect(await read("q.tsv", 'a\t"b\n\nc\td\n', { columns: ["x", "y"] })).toEqual([
      { x: "a", y: '"b' },
      { x: "c", y: "d" },
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
