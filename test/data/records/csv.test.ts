import { describe, expect, it } from "vitest";
import { csvRecords } from "../../../src/data/records/csv.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { collect, sourceOf } from "../sources.ts";

/** Records of some CSV that comes in chunks of `size` bytes, each with its place. */
async function read(content: string | Uint8Array, size = 1000, delimiter: "," | "\t" = ",") {
  const { chunks } = sourceOf(content, { size });
  const records = await collect(csvRecords(chunks(), "d.csv", delimiter));
  return records.map((record) => [
    record.file,
    Object.fromEntries(record.names.map((name) => [name, record.get(name)])),
  ]);
}

describe("csvRecords", () => {
  const content = '\ufefftext, label\r\nplain,1\r\n"a, ""quoted""\nline",2\r\n\r\ncafé 😀,\r\n';

  it.each([1, 3, 1000])(
    "reads quotes, line breaks in values and a header, %i bytes at a time",
    async (size) => {
      expect(await read(content, size)).toEqual([
        ["d.csv:2", { text: "plain", label: "1" }],
        ["d.csv:4", { text: 'a, "quoted"\nline', label: "2" }],
        ["d.csv:6", { text: "café 😀", label: "" }],
      ]);
    },
  );

  it("reads values that tabs separate", async () => {
    expect(await read("text\tlabel\na, b\tx\n", 1000, "\t")).toEqual([
      ["d.csv:2", { text: "a, b", label: "x" }],
    ]);
  });

  it("reads nothing of a header alone, and of nothing", async () => {
    expect([await read("text,label\n"), await read("")]).toEqual([[], []]);
  });

  it.each([
    ["text,label\na,b\nc\n", /^d\.csv:3: is no CSV: Invalid Record Length/],
    ['text,label\n"a,b\n', /^d\.csv:\d: is no CSV: Quote Not Closed/],
    ['text\na"b"\n', /^d\.csv:2: is no CSV: Invalid Opening Quote/],
    ["text,text\na,b\n", /^d\.csv:1: the column "text" is there twice/],
    [Buffer.from([0x74, 0x0a, 0xff, 0x0a]), /^d\.csv: is not UTF-8: byte 2 is 0xff/],
  ])("refuses %j", async (content, message) => {
    const error = await rejectionOf(read(content));
    expect([error.code, error.message]).toEqual(["invalid-file", expect.stringMatching(message)]);
  });

  it("passes on the error of its source", async () => {
    async function* failing() {
      yield Buffer.from("text\na\n");
      throw new Error("the disk is gone");
    }
    await expect(collect(csvRecords(failing(), "d.csv", ","))).rejects.toThrow("the disk is gone");
  });
});
