import { describe, expect, it } from "vitest";
import { fromOniguruma } from "../../../src/tokenizer/pattern/oniguruma.ts";
import { expectRefusal } from "../fixtures.ts";

/** What a pattern matches in a text, from left to right. */
const matches = (pattern: string, text: string) => text.match(fromOniguruma(pattern)) ?? [];

describe("fromOniguruma", () => {
  it("takes white space from Unicode, not from JavaScript", () => {
    expect(matches("\\s", "\u0085\ufeff\u2003\u180e ")).toEqual(["\u0085", "\u2003", " "]);
    expect(matches("\\S", "\u0085\ufeff")).toEqual(["\ufeff"]);
    expect(matches("[^\\s]", "\u0085\ufeff")).toEqual(["\ufeff"]);
  });

  it("takes digits and words from Unicode", () => {
    expect(matches("\\d+", "12٣٤ ²")).toEqual(["12٣٤"]);
    expect(matches("\\D", "1²")).toEqual(["²"]);
    expect(matches("\\w+", "naïve_x२ - é")).toEqual(["naïve_x२", "é"]);
    expect(matches("\\w+", "x²-[½]")).toEqual(["x²", "½"]);
    expect(matches("[\\w]+", "x²-[½]")).toEqual(["x"]);
    expect(matches("[\\w-]+|\\W", "é-a!")).toEqual(["é-a", "!"]);
    expect(matches("\\bé\\w|\\Bz", "éa aéa zz")).toEqual(["éa", "z"]);
  });

  it("ignores case where asked, with the letters that fold to s and k", () => {
    expect(matches("(?i:'s|k)", "'s 'S '\u017f K k \u212a")).toEqual([
      "'s",
      "'S",
      "'\u017f",
      "K",
      "k",
      "\u212a",
    ]);
    expect(matches("(?i:[sdmt]x)", "SX sx \u017fX qx")).toEqual(["SX", "sx", "\u017fX"]);
    expect(matches("(?i:[j-l]+)", "jKlL\u212ai")).toEqual(["jKlL\u212a"]);
    expect(matches("(?i:[^k])", "kK\u212aa")).toEqual(["a"]);
    expect(matches("a(?i:b(?-i:c))d", "aBcd aBCd abcD")).toEqual(["aBcd"]);
  });

  it("lets an isolated (?i) hold to the end of its group", () => {
    expect(matches("^(?:a(?i)b|c)d$", "aBd")).toEqual(["aBd"]);
    expect(matches("^(?:a(?i)b|c)d$", "aCd")).toEqual(["aCd"]);
    expect(matches("^(?:a(?i)b|c)d$", "aCD")).toEqual([]);
  });

  it("does not give back what possessive quantifiers and atomic groups took", () => {
    expect(matches("a++a", "aaa")).toEqual([]);
    expect(matches("(?>a|ab)c", "abc ac")).toEqual(["ac"]);
    expect(matches("[^x]?+a", "aa")).toEqual(["aa"]);
    expect(matches("[^x]?+a", "a")).toEqual([]);
    expect(matches("(?:a*+b|a)", "aab aa")).toEqual(["aab", "a", "a"]);
  });

  it("reads {n,m}+ as Ruby does: a repetition of repetitions", () => {
    expect(matches("\\p{N}{1,3}+", "12345")).toEqual(["12345"]);
    expect(matches("a{,2}", "aaa")).toEqual(["aa", "a", ""]);
  });

  it("matches ^ and $ at lines, . up to the newline", () => {
    expect(matches("^.", "ab\ncd\n")).toEqual(["a", "c"]);
    expect(matches(".$", "ab\ncd\n")).toEqual(["b", "d"]);
    expect(matches(".+", "a\r\u2028\nb")).toEqual(["a\r\u2028", "b"]);
    expect(matches("\\A.|.\\z", "ab\ncd")).toEqual(["a", "d"]);
    expect(matches("c\\Z", "c\nc\n")).toEqual(["c"]);
  });

  it("knows scripts, negated properties, escapes and literal punctuation", () => {
    expect(matches("\\p{Han}+", "a漢字b")).toEqual(["漢字"]);
    expect(matches("\\p{^L}\\P{^N}", "!1a2")).toEqual(["!1"]);
    expect(matches("\\x41\\u00e9\\x{1F600}\\t\\-\\/", "Aé😀\t-/")).toEqual(["Aé😀\t-/"]);
    expect(matches("a]}{", "a]}{")).toEqual(["a]}{"]);
    expect(matches("[!#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]+", "a[-]^b")).toEqual(["[-]^"]);
    expect(matches("[a-]+", "a-b")).toEqual(["a-"]);
  });

  it("knows classes in classes, their intersections, and POSIX names", () => {
    expect(matches("[a-z&&[^aeiou]]+", "hello")).toEqual(["h", "ll"]);
    expect(matches("[\\p{L}&&\\p{Han}]+", "ab漢字c")).toEqual(["漢字"]);
    expect(matches("[\\p{Lu}\\p{M}&&[^\\p{Han}]]+", "ABc漢")).toEqual(["AB"]);
    expect(matches("[^a-z&&[^aeiou]]+", "he 1")).toEqual(["e 1"]);
    expect(matches("[a-z&&b-y&&[^m]]+", "abmyz")).toEqual(["b", "y"]);
    expect(matches(" ?[^(\\s|[.,!?…。，、।۔،])]+", "Hi, (you) a|b")).toEqual(["Hi", "you", " a", "b"]);
    expect(matches("[a[b-d][^\\x00-\\x7F]]+", "abcdeé")).toEqual(["abcd", "é"]);
    expect(matches("[[:alpha:][:digit:]_]+", "aé1_-")).toEqual(["aé1_"]);
    expect(matches("[[:punct:]]+", "a!+€b")).toEqual(["!+€"]);
    expect(matches("[\\W2]+", "a ²2b")).toEqual([" ²2"]);
    expect(matches("[[:^space:]]+", "a b")).toEqual(["a", "b"]);
    expect(matches("[]a]+|[^]a]", "]a b")).toEqual(["]a", " ", "b"]);
    expect(matches("(?i:[a-c&&[^b]])+", "aBC")).toEqual(["a", "C"]);
    expect(matches("[a-&&-]", "-a")).toEqual(["-"]);
    expect(matches("[!!##%%&,,::;;<<==>>@@``~~]+", "!#%&,:;<=>@`~")).toEqual(["!#%&,:;<=>@`~"]);
    expect(matches("\\h+", "0aFg")).toEqual(["0aF"]);
    expect(matches("a(?m:.)b.|(?m).", "a\nb\n")).toEqual(["a", "\n", "b", "\n"]);
  });

  it("turns groups that capture into groups that do not", () => {
    expect("1234567".split(fromOniguruma("(?=(\\d{3})+(?!\\d))"))).toEqual(["1", "234", "567"]);
    expect(matches("(?<name>a)(b)", "ab")).toEqual(["ab"]);
  });

  it.each([
    ["(?x: a)", "(?x:"],
    ["(?#c)", "(?#c"],
    ["(a)\\1", "\\1"],
    ["\\k<a>", "\\k"],
    ["\\R", "\\R"],
    ["\\G", "\\G"],
    ["\\pL", "\\pL"],
    ["\\p{Nonsense}", "\\p{Nonsense}"],
    ["\\p{Punct}", "\\p{Punct}"],
    ["(?i:\\p{Lu})", "\\p{Lu}"],
    ["(?i:ß)", '"ß"'],
    ["(?i:ss)", '"ss"'],
    ["[[:graph:]]", "[:graph:]"],
    ["(?i:[[:upper:]])", "[:upper:]"],
    ["[a&&]", "&& with nothing beside it"],
    ["[]", "[] without a member"],
    ["[a-[b]]", "a range to a set"],
    ["[".repeat(1000), "brackets in each other"],
    ["[a", "[ without ]"],
    ["(a", "( without )"],
    ["a)", "unmatched )"],
    ["*a", "* after nothing"],
    ["a**", "* after *"],
    ["a{2}?", "{2}?"],
    ["\\xE9", "\\x"],
    ["\\", "a \\"],
    ["(".repeat(1000), "groups in each other"],
  ])("refuses %j by name", async (pattern, name) => {
    await expectRefusal(() => fromOniguruma(pattern), name);
  });

  it("refuses what is no regular expression", async () => {
    await expectRefusal(() => fromOniguruma("[b-a]"), /not valid/);
    await expectRefusal(() => fromOniguruma("(?<=a)+"), /not valid/);
  });
});
