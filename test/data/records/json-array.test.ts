import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrayRecords } from "../../../src/data/records/json-array.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { collect, sourceOf } from "../sources.ts";

/** Objects of an array that comes in chunks of `size` bytes, each with its place. */
async function read(content: string, size = 1000) {
  const records = await collect(arrayRecords(sourceOf(content, { size }).chunks(), "d.json"));
  return records.map((record) => [
    record.file,
    Object.fromEntries(record.names.map((name) => [name, record.get(name)])),
  ]);
}

describe("arrayRecords", () => {
  it("reads objects, whatever is in their strings, with the line on which each begins", async () => {
    const content = '\n[ {"text": "a}],[\\"{"},\n\n  {"messages": [{"role": "user"}],\n "n": 1}\n]\n';
    for (const size of [1, 2, 7, 1000]) {
      expect(await read(content, size)).toEqual([
        ["d.json:2", { text: 'a}],["{' }],
        ["d.json:4", { messages: [{ role: "user" }], n: 1 }],
      ]);
    }
    expect(await read("[]")).toEqual([]);
  });

  it("reads what JSON.stringify writes", async () => {
    const objects = fc.array(
      fc.dictionary(
        fc.string(),
        fc.jsonValue().filter((value) => value !== null),
      ),
    );
    await fc.assert(
      fc.asyncProperty(objects, fc.nat(3), fc.integer({ min: 1, max: 50 }), async (objects, indent, size) => {
        const content = JSON.stringify(objects, null, indent);
        const read = await collect(arrayRecords(sourceOf(content, { size }).chunks(), "d.json"));
        const found = read.map((record) =>
          Object.fromEntries(record.names.map((name) => [name, record.get(name)])),
        );
        expect(JSON.stringify(found)).toBe(JSON.stringify(JSON.parse(content)));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ["", "d.json:1: expected a ["],
    ['[{"a": 1}', "d.json:1: expected a comma or a ]"],
    ['[{"a": 1},]', 'd.json:1: expected an object in braces, found "]"'],
    ["[\n1]", 'd.json:2: expected an object in braces or a ], found "1"'],
    ['[{"a": 1}{}]', 'd.json:1: expected a comma or a ], found "{"'],
    ['[{"a": 1}]\n\n{}', 'd.json:3: expected nothing after the ], found "{"'],
    ['[{"a": "x', "d.json:1: expected the end of the element"],
    ['[\n{"a": }]', "d.json:2: the element is not valid JSON, expected an object in braces"],
  ])("refuses %j", async (content, message) => {
    const error = await rejectionOf(read(content));
    expect([error.code, error.message]).toEqual(["invalid-file", message]);
  });
});
