import { describe, expect, it } from "vitest";
import { regular } from "../../../src/tokenizer/pattern/automaton.ts";
import { fromOniguruma } from "../../../src/tokenizer/pattern/oniguruma.ts";
import { patterns } from "../../../src/tokenizer/pattern/patterns.ts";
import { type Searcher, searcher } from "../../../src/tokenizer/pattern/search.ts";
import { TestRandom } from "../../reference/random.ts";
import { random, randomText } from "../fixtures.ts";
import { expectMatches, runs, spansIn } from "./spans.ts";

describe.each<[string, (pattern: RegExp) => Searcher]>([
  ["searcher", searcher],
  ["regular", regular],
])("%s", (_name, searcherOf) => {
  it.each(Object.entries(patterns))("finds in long texts what %s matches", (_name, source) => {
    const pattern = fromOniguruma(source);
    expectMatches(runs(new TestRandom(source.length)), searcherOf(pattern), pattern);
  });

  it.each(["a", "漢", "\u{20000}"])("finds words of five million %s", (letter) => {
    const length = 5_000_000 * letter.length;
    const text = `12${letter.repeat(5_000_000)} ${letter} 3`;
    expect(spansIn(text, searcherOf(fromOniguruma(patterns.gpt2)))).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 2 + length },
      { start: 2 + length, end: 3 + length + letter.length },
      { start: 3 + length + letter.length, end: 5 + length + letter.length },
    ]);
  });

  it("leaves the last of five million spaces to the word that follows", () => {
    const spans = spansIn(`${" ".repeat(5_000_000)}word`, searcherOf(fromOniguruma(patterns.gpt2)));
    expect(spans).toEqual([
      { start: 0, end: 4_999_999 },
      { start: 4_999_999, end: 5_000_004 },
    ]);
  });
});

describe("searcher", () => {
  it("looks behind the place it starts from", () => {
    const text = `${"x".repeat(3_000_000)}b ab`;
    expect(spansIn(text, searcher(/(?<![a-z])ab/gu))).toEqual([{ start: 3_000_002, end: 3_000_004 }]);
    expect(searcher(/b/gu)(text).next(3_000_004)).toBe(false);
  });
});

describe("regular", () => {
  it.each([
    /a|ab|abc/gu, // the first alternative wins, not the longest
    /(?:ab|a)(?:c|bcd)?/gu,
    /a{2,3}b{2}|a{4,}|x{0,1}y/gu,
    /(?:a|b(?!c)|[^\x61-\x63\s]+)+ ?/gu,
    /(?:a?b?)+c|\p{Lu}+(?!\p{L})|\./gu,
    ...Object.values(patterns).map(fromOniguruma),
  ])("matches in any text what %s does", (pattern) => {
    const matches = regular(pattern);
    const next = random(6);
    for (let round = 0; round < 300; round++) {
      const letters = Array.from({ length: 12 }, () => "aabbccxyd  .A\n😀"[Math.floor(next() * 16)] ?? "");
      expectMatches((randomText(next) + letters.join("")).toWellFormed(), matches, pattern);
    }
  });

  it("finds empty matches, also at the end", () => {
    const search = regular(/a*/u)("ba");
    expect([search.next(0), search.start, search.end]).toEqual([true, 0, 0]);
    expect([search.next(1), search.start, search.end]).toEqual([true, 1, 2]);
    expect([search.next(2), search.start, search.end]).toEqual([true, 2, 2]);
    expect(search.next(3)).toBe(false);
  });

  it.each([/(?<!a)b/u, /(?!ab)c/u, /^a/u])("refuses %s, which looks further", (pattern) => {
    expect(() => regular(pattern)).toThrow("looks at more than the next character");
  });
});
