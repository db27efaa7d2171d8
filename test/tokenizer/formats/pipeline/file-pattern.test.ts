import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/files/json.ts";
import { JsonFields } from "../../../../src/files/json-fields.ts";
import { readPattern } from "../../../../src/tokenizer/formats/pipeline/file-pattern.ts";
import { readNormalizer } from "../../../../src/tokenizer/formats/pipeline/normalizers.ts";
import { readPreTokenizer } from "../../../../src/tokenizer/formats/pipeline/pre-tokenizers.ts";
import { splitAt } from "../../../../src/tokenizer/pattern/splitters.ts";
import { expectRefusal, piecesOf, refusal } from "../../fixtures.ts";

const fields = (value: JsonValue) => new JsonFields("t.json", "part.", value);
const cut = (value: JsonValue, text: string) =>
  piecesOf(splitAt(readPattern(fields({ pattern: value })).matches, "Removed"), text);
const splitter = (value: JsonValue) => readPreTokenizer(fields(value)).split;
const own = (regex: string) => ({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated" });

const TOO_LONG = "t.json: part: its regular expression takes too long on a text of";

describe("a pattern of a file", () => {
  it("is a text or a regular expression", () => {
    expect(cut({ String: "." }, "a.b.c")).toEqual(["a", "b", "c"]);
    expect(cut({ Regex: "\\d+" }, "a1b22c")).toEqual(["a", "b", "c"]);
  });

  it.each(["(a+)+c", "(?:a|a)*c", "(?:a*)*c"])("takes linear time if it is regular: %s", (regex) => {
    const split = splitter(own(regex));
    expect(piecesOf(split, "xaacx")).toEqual(["x", "aac", "x"]);
    expect(piecesOf(split, "a".repeat(100_000))).toEqual(["a".repeat(100_000)]);
  });

  it.each(["(a+)+c", "(?:a|a)*c", "(?:a*)*c"])("is stopped if it takes forever: (?<=xb)%s", async (regex) => {
    const split = splitter(own(`(?<=xb)${regex}`));
    expect(piecesOf(split, "xbaacx")).toEqual(["xb", "aac", "x"]);
    await expectRefusal(() => piecesOf(split, `xb${"a".repeat(60)}`), `${TOO_LONG} 62 characters`);
    expect(piecesOf(split, "xbaacx")).toEqual(["xb", "aac", "x"]);
  });

  it.each<[string, JsonValue]>([
    ["part.pattern.String is", { String: "a".repeat(60_000) }],
    ["part.pattern.Regex is", { Regex: "a".repeat(60_000) }],
    ["part.pattern: regular expression", { Regex: `\\p{${"L".repeat(9000)}}` }],
  ])("is refused in one short line if it is too long: %s", async (start, value) => {
    const error = await refusal(() => readPattern(fields({ pattern: value })));
    expect(error.message.startsWith(`t.json: ${start}`)).toBe(true);
    expect(error.message.length).toBeLessThan(200);
  });

  it("is stopped in a normalizer, too", async () => {
    const evil = { type: "Replace", pattern: { Regex: "(?<=bb)(b+)+$|(?<!xx)(a+)+c" }, content: "" };
    await expectRefusal(() => readNormalizer(fields(evil))("a".repeat(60)), TOO_LONG);
  });

  it("is refused if it is not regular and has classes in classes", async () => {
    const value = { pattern: { Regex: "(?<=xb)[a&&[^b]]" } };
    await expectRefusal(
      () => readPattern(fields(value)),
      "has classes in classes beside what is not regular",
    );
  });

  it("is timed once for a text, however many pieces it goes through", () => {
    const digits = { type: "Digits", individual_digits: true };
    const split = splitter({ type: "Sequence", pretokenizers: [digits, own("(?<!xx)[xy]")] });
    expect(piecesOf(split, "1xa2".repeat(50_000)).length).toBe(200_000);
  });
});
