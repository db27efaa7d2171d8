import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linear } from "../../../src/tokenizer/pattern/linear.ts";
import { fromOniguruma } from "../../../src/tokenizer/pattern/oniguruma.ts";
import { patterns } from "../../../src/tokenizer/pattern/patterns.ts";
import { quick } from "../../../src/tokenizer/pattern/quick.ts";
import type { Searcher } from "../../../src/tokenizer/pattern/search.ts";
import { TestRandom } from "../../reference/random.ts";
import { random, randomText } from "../fixtures.ts";
import { expectMatches, runs, spansIn } from "./spans.ts";

/** Patterns of models that are not among the published ones. */
const OTHERS = [
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
  "\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))|\\p{L}+",
  "[\\p{L}&&[^\\p{Han}]]+|\\p{Han}|^\\s+|\\bx\\b",
];

/** Regular expressions of three letters, with all that is regular. */
const characters = fc.constantFrom("a", "b", "c", "[ab]", "[^a]", ".");
const quantified =
  (...quantifiers: string[]) =>
  (atom: fc.Arbitrary<string>) =>
    fc.tuple(atom, fc.constantFrom(...quantifiers)).map(([part, quantifier]) => part + quantifier);
const repeated = quantified("*", "+", "*?", "+?");
// Engines disagree on optional and repeated groups that match nothing.
const optional = quantified("?", "??", "{2}", "{1,2}");
type Parts = { anyPattern: string; sequence: string; part: string; group: string };
const { anyPattern } = fc.letrec<Parts>((tie) => ({
  anyPattern: fc.array(tie("sequence"), { minLength: 1, maxLength: 2 }).map((options) => options.join("|")),
  sequence: fc.array(tie("part"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
  part: fc.oneof(
    { maxDepth: 3 },
    characters,
    optional(characters),
    repeated(characters),
    fc.constantFrom("^", "$", "(?<=a)", "(?<!b)", "(?!a)", "(?=[bc])"),
    tie("group"),
    repeated(fc.tuple(characters, tie("group")).map(([first, group]) => `(?:${first}${group})`)),
    tie("anyPattern").map((inner) => `(?=${inner})`),
    tie("anyPattern").map((inner) => `(?!${inner})`),
  ),
  group: tie("anyPattern").map((inner) => `(?:${inner})`),
}));

const re = (source: TemplateStringsArray) => new RegExp(String.raw(source), "gu");

describe.each<[string, (pattern: RegExp) => Searcher]>([
  ["linear", linear],
  ["quick", quick],
])("%s", (_name, searcherOf) => {
  it.each([...Object.values(patterns), ...OTHERS])("finds in long texts what %s matches", (source) => {
    const pattern = fromOniguruma(source);
    expectMatches(runs(new TestRandom(source.length), 40_000, 3_000), searcherOf(pattern), pattern);
  });

  it.each([
    re`a|ab|abc`,
    re`(?:ab|a)(?:c|bcd)?`,
    re`(?:a|b(?!c)|[^\x61-\x63\s]+)+ ?`,
    re`(?:a?b?)+c|\p{Lu}+(?!\p{L})|\.`,
    re`(?:a*)*b|(?:a|b?)*?c`,
    re`a+?b|a{1,3}?|x{2}?y`,
    re`(?=ab)a|(?!a.b)[ab]|(?=.*\.).$`,
    re`^a|b$|(?<=c)x|(?<!a)b|(?:^|\n)[\s\S]`,
    re`(?:(?!bb)[abc])+|(?:a(?=(?:b|c(?!c))a?))+`,
    re`(?:|a)+|(?:b|)+x`,
    ...[...Object.values(patterns), ...OTHERS].map(fromOniguruma),
  ])("matches in any text what %s does", (pattern) => {
    const matches = searcherOf(pattern);
    const next = random(6);
    for (let round = 0; round < 150; round++) {
      const letters = Array.from({ length: 12 }, () => "aabbccxyd  .A\n😀"[Math.floor(next() * 16)] ?? "");
      expectMatches((randomText(next) + letters.join("")).toWellFormed(), matches, pattern);
    }
  });

  it.each([
    ["(a+)+$", `${"a".repeat(20_000)}b`, 0],
    ["(a|aa)+b", "a".repeat(20_000), 0],
    [".*.*.*=", "x".repeat(20_000), 0],
    ["a.*b|a", "a".repeat(20_000), 20_000],
    ["(?=a.*b)a|a", "a".repeat(20_000), 20_000],
  ])("takes linear time: %s", (source, text, count) => {
    const pattern = searcherOf(fromOniguruma(source));
    const start = performance.now();
    expect(spansIn(text.repeat(10), pattern).length).toBe(10 * count);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it("forgets states when there are many, and goes on", () => {
    const pattern = re`(?:a|b)*a(?:a|b){13}c|[abc]`;
    const next = random(7);
    const text = Array.from({ length: 60_000 }, () => "aabbc"[Math.floor(next() * 5)]).join("");
    expectMatches(text, searcherOf(pattern), pattern);
  });

  it("finds matches that cross the blocks of a text", () => {
    const text = `😀${"a".repeat(30_000)}😀${"b".repeat(8190)}😀`;
    expectMatches(text, searcherOf(re`a+|b+|😀`), re`a+|b+|😀`);
    expectMatches(text, searcherOf(re`😀a+😀b+`), re`😀a+😀b+`);
    expectMatches("a".repeat(8192), searcherOf(re`a$|a{100}`), re`a$|a{100}`);
  });

  it.each([re`(a)\1`, re`(?<=ab)c`, re`(?:(?=(?<x>a+))\k<x>)b`])(
    "refuses %s, which is not regular",
    (pattern) => {
      expect(() => searcherOf(pattern)).toThrow("is not regular at");
    },
  );

  it("matches what V8 does, whatever the pattern", () => {
    fc.assert(
      fc.property(
        anyPattern,
        fc.string({ unit: fc.constantFrom(..."aabbc\né"), maxLength: 12 }),
        (source, text) => {
          const pattern = new RegExp(source, "gu");
          expectMatches(text, searcherOf(pattern), pattern);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("refuses a pattern of too many steps", () => {
    expect(() => searcherOf(re`(?:a{1000}){1000}`)).toThrow("more than 2000 steps");
  });
});
