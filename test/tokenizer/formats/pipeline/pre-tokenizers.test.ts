import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/files/json.ts";
import { JsonFields } from "../../../../src/files/json-fields.ts";
import { readPreTokenizer } from "../../../../src/tokenizer/formats/pipeline/pre-tokenizers.ts";
import { regular } from "../../../../src/tokenizer/pattern/automaton.ts";
import { fromOniguruma } from "../../../../src/tokenizer/pattern/oniguruma.ts";
import { type PatternName, patterns } from "../../../../src/tokenizer/pattern/patterns.ts";
import { splitAt } from "../../../../src/tokenizer/pattern/splitters.ts";
import { expectRefusal, piecesOf } from "../../fixtures.ts";

const read = (value: JsonValue) => readPreTokenizer(new JsonFields("t.json", "pre_tokenizer.", value));
const pieces = (value: JsonValue, text: string, atStart = true) => piecesOf(read(value).split, text, atStart);
const named = (name: PatternName, text: string) =>
  piecesOf(splitAt(regular(fromOniguruma(patterns[name])), "Isolated"), text);

describe("patterns", () => {
  it("are the published ones", () => {
    expect(patterns.gpt2).toBe(
      String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
    );
    expect(patterns.cl100k).toBe(
      String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    );
    expect(patterns.qwen2).toBe(
      String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    );
    expect(patterns.o200k).toBe(
      String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    );
    expect(patterns.tekken).toBe(
      String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    );
  });

  it("split as the models do", () => {
    const text = "I'LL pay $12345,\n\n  don't_you  FooBar's?";
    expect(named("gpt2", text)).toEqual([
      "I",
      "'",
      "LL",
      " pay",
      " $",
      "12345",
      ",",
      "\n\n ",
      " don",
      "'t",
      "_",
      "you",
      " ",
      " FooBar",
      "'s",
      "?",
    ]);
    expect(named("cl100k", text)).toEqual([
      "I",
      "'LL",
      " pay",
      " $",
      "123",
      "45",
      ",\n\n",
      " ",
      " don",
      "'t",
      "_you",
      " ",
      " FooBar",
      "'s",
      "?",
    ]);
    expect(named("qwen2", text).slice(3, 9)).toEqual([" $", "1", "2", "3", "4", "5"]);
    expect(named("o200k", text)).toEqual([
      "I'LL",
      " pay",
      " $",
      "123",
      "45",
      ",\n\n",
      " ",
      " don't",
      "_you",
      " ",
      " Foo",
      "Bar's",
      "?",
    ]);
    expect(named("tekken", "FooBar's a/b//\n")).toEqual(["Foo", "Bar", "'s", " a", "/b", "//\n"]);
  });
});

const sequence = (...pretokenizers: JsonValue[]) => ({ type: "Sequence", pretokenizers });

describe("readPreTokenizer", () => {
  it("reads ByteLevel with and without its pattern and its space", () => {
    expect(read({ type: "ByteLevel" }).bytes).toBe("by model");
    expect(pieces({ type: "ByteLevel", add_prefix_space: true }, "a b")).toEqual([" a", " b"]);
    expect(pieces({ type: "ByteLevel", add_prefix_space: true }, " a")).toEqual([" a"]);
    expect(pieces({ type: "ByteLevel", add_prefix_space: false, use_regex: false }, "a b")).toEqual(["a b"]);
  });

  it("reads Split by text and by pattern", () => {
    const split = (pattern: JsonValue, behavior = "Isolated", invert = false) => ({
      type: "Split",
      pattern,
      behavior,
      invert,
    });
    expect(pieces(split({ String: "." }), "a.b")).toEqual(["a", ".", "b"]);
    expect(pieces(split({ Regex: "[\\r\\n]" }, "Removed"), "a\nb")).toEqual(["a", "b"]);
    expect(pieces(split({ Regex: "\\d+" }, "Removed", true), "a12b3")).toEqual(["12", "3"]);
    expect(pieces(split({ String: " " }, "MergedWithPrevious"), "a b")).toEqual(["a ", "b"]);
  });

  it("reads Digits, Punctuation, Whitespace, WhitespaceSplit and BertPreTokenizer", () => {
    expect(pieces({ type: "Digits", individual_digits: true }, "a12²")).toEqual(["a", "1", "2", "²"]);
    expect(pieces({ type: "Digits", individual_digits: false }, "a12²b")).toEqual(["a", "12²", "b"]);
    expect(pieces({ type: "Punctuation" }, "a..$b")).toEqual(["a", ".", ".", "$", "b"]);
    expect(pieces({ type: "Punctuation", behavior: "Contiguous" }, "a..€b")).toEqual(["a", "..", "€b"]);
    expect(pieces({ type: "Whitespace" }, "it's a\u0085b_1")).toEqual(["it", "'", "s", "a", "b_1"]);
    expect(pieces({ type: "WhitespaceSplit" }, " it's\u3000a ")).toEqual(["it's", "a"]);
    expect(pieces({ type: "BertPreTokenizer" }, "it's £5 – ok!\u00a0")).toEqual([
      "it",
      "'",
      "s",
      "£5",
      "–",
      "ok",
      "!",
    ]);
  });

  it("reads Metaspace and its prefix schemes", () => {
    const metaspace = (options: object) => ({ type: "Metaspace", replacement: "▁", ...options });
    expect(pieces(metaspace({}), "a  b")).toEqual(["▁a", "▁", "▁b"]);
    expect(pieces(metaspace({ split: false }), "a  b")).toEqual(["▁a▁▁b"]);
    expect(pieces(metaspace({ split: false }), " a")).toEqual(["▁a"]);
    expect(pieces(metaspace({ prepend_scheme: "first" }), "a", true)).toEqual(["▁a"]);
    expect(pieces(metaspace({ prepend_scheme: "first" }), "a", false)).toEqual(["a"]);
    expect(pieces(metaspace({ prepend_scheme: "never" }), "a b")).toEqual(["a", "▁b"]);
    expect(pieces(metaspace({ add_prefix_space: false }), "a b")).toEqual(["a", "▁b"]);
  });

  it("reads a Sequence, within one another too", () => {
    const digits = { type: "Digits", individual_digits: true };
    const smollm = sequence(sequence(digits), { type: "ByteLevel", add_prefix_space: false });
    expect(pieces(smollm, "a  12b")).toEqual(["a", "  ", "1", "2", "b"]);
    expect(read(smollm).bytes).toBe("by model");
    expect(read(sequence()).bytes).toBe("none");
  });

  it("spells the bytes of a ByteLevel that other steps follow", () => {
    const byteLevel = { type: "ByteLevel", add_prefix_space: false };
    const falcon = sequence(
      { type: "Punctuation", behavior: "Contiguous" },
      byteLevel,
      { type: "Digits", individual_digits: false },
      { type: "Split", pattern: { Regex: "[0-9][0-9][0-9]" }, behavior: "Isolated", invert: false },
    );
    expect(read(falcon).bytes).toBe("by splitter");
    expect(pieces(falcon, "a ò 12345!")).toEqual(["a", "ĠÃ", "²", "Ġ", "123", "45", "!"]);
    expect(pieces(sequence(byteLevel, byteLevel), "é é")).toEqual(["Ã", "©", "ĠÃ", "©"]);
    expect(read(sequence(byteLevel, byteLevel)).bytes).toBe("by model");
  });

  it("reads UnicodeScripts: kana are Han, spaces belong to what is before them", () => {
    const scripts = { type: "UnicodeScripts" };
    expect(pieces(scripts, "どこで生れ。Yes")).toEqual(["どこで生れ", "。", "Yes"]);
    expect(pieces(scripts, "Apples are りんご 林檎ラー")).toEqual(["Apples are ", "りんご 林檎ラー"]);
    expect(pieces(scripts, "  a1б")).toEqual(["a", "1", "б"]);
    expect(pieces(scripts, "  ")).toEqual([]);
  });

  it("reads CharDelimiterSplit and FixedLength", () => {
    expect(pieces({ type: "CharDelimiterSplit", delimiter: "." }, "a..b.")).toEqual(["a", "b"]);
    expect(pieces({ type: "FixedLength", length: 3 }, "Hello 👋 world")).toEqual([
      "Hel",
      "lo ",
      "👋 w",
      "orl",
      "d",
    ]);
    expect(pieces({ type: "FixedLength" }, "Hello world")).toEqual(["Hello", " worl", "d"]);
  });

  it.each<[JsonValue, string]>([
    [{ type: "Nonsense" }, 't.json: pre_tokenizer.type: pre-tokenizer "Nonsense" is not implemented'],
    [{}, "pre_tokenizer.type is missing"],
    [
      { type: "Split", pattern: { String: "a" }, behavior: "Isolate" },
      'behavior is "Isolate", expected one of',
    ],
    [{ type: "Split", pattern: { String: "a" } }, "behavior is missing"],
    [{ type: "Split", pattern: { Glob: "a" }, behavior: "Isolated" }, 'pattern is {"Glob":"a"}, expected'],
    [
      { type: "Split", pattern: { Regex: "\\X" }, behavior: "Isolated" },
      "pre_tokenizer.pattern: regular expression",
    ],
    [{ type: "Metaspace", replacement: "ab" }, 'replacement is "ab", expected one character'],
    [{ type: "Metaspace", replacement: "_", prepend_scheme: "last" }, 'prepend_scheme is "last"'],
    [{ type: "ByteLevel", use_regex: "yes" }, 'use_regex is "yes", expected true or false'],
    [{ type: "CharDelimiterSplit", delimiter: "ab" }, 'delimiter is "ab", expected one character'],
    [{ type: "FixedLength", length: 0 }, "length is 0, expected an integer of 1 or more"],
  ])("refuses %j", async (value, message) => {
    await expectRefusal(() => read(value), message);
  });
});
