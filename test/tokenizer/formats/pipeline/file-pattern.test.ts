import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/files/json.ts";
import { JsonFields } from "../../../../src/files/json-fields.ts";
import { readPattern, withinTime } from "../../../../src/tokenizer/formats/pipeline/file-pattern.ts";
import { readNormalizer } from "../../../../src/tokenizer/formats/pipeline/normalizers.ts";
import { readPreTokenizer } from "../../../../src/tokenizer/formats/pipeline/pre-tokenizers.ts";
import { expectRefusal, piecesOf } from "../../fixtures.ts";

const fields = (value: JsonValue) => new JsonFields("t.json", "part.", value);
const pattern = (value: JsonValue) => readPattern(fields({ pattern: value }));
const splitter = (value: JsonValue) => readPreTokenizer(fields(value)).split;
const own = (regex: string) => ({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated" });

const TOO_LONG = "t.json: part: its regular expression takes too long on a text of";

describe("a pattern of a file", () => {
  it("is a text or a regular expression", () => {
    expect("a.b.c".split(pattern({ String: "." }))).toEqual(["a", "b", "c"]);
    expect("a1b22c".split(pattern({ Regex: "\\d+" }))).toEqual(["a", "b", "c"]);
  });

  it.each(["(a+)+c", "(?:a|a)*c", "(?:a*)*c"])("is stopped where it takes for ever: %s", async (regex) => {
    const split = splitter(own(regex));
    expect(piecesOf(split, "xaacx")).toEqual(["x", "aac", "x"]);
    await expectRefusal(() => piecesOf(split, "a".repeat(60)), `${TOO_LONG} 60 characters`);
    expect(piecesOf(split, "xaacx")).toEqual(["x", "aac", "x"]);
  });

  it("is stopped in a normalizer, too", async () => {
    const evil = { type: "Replace", pattern: { Regex: "(b+)+$|(a+)+c" }, content: "" };
    await expectRefusal(() => readNormalizer(fields(evil))("a".repeat(60)), TOO_LONG);
  });

  it("is stopped as well where it takes all memory that V8 has for it", async () => {
    const greedy = { type: "Replace", pattern: { Regex: "(?:a|b)+c" }, content: "" };
    await expectRefusal(() => readNormalizer(fields(greedy))("ab".repeat(10_000_000)), TOO_LONG);
  });

  it("is timed once for a text, however many pieces it goes through", () => {
    const digits = { type: "Digits", individual_digits: true };
    const split = splitter({ type: "Sequence", pretokenizers: [digits, own("[xy]")] });
    expect(piecesOf(split, "1xa2".repeat(50_000)).length).toBe(200_000);
  });
});

describe("withinTime", () => {
  it("gives back what the work gives, also within each other", () => {
    expect(withinTime(fields({}), 3, () => withinTime(fields({}), 3, () => 7))).toBe(7);
  });

  it("throws what the work throws", () => {
    const error = new Error("of another kind");
    const fail = () => {
      throw error;
    };
    expect(() => withinTime(fields({}), 3, fail)).toThrow(error);
  });
});
