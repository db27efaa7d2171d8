import { describe, expect, it } from "vitest";
import { fromOniguruma } from "../../src/tokenizer/oniguruma.ts";
import { patterns } from "../../src/tokenizer/patterns.ts";
import { Search, type Span } from "../../src/tokenizer/search.ts";
import { TestRandom } from "../reference/random.ts";

/** All matches, none of them empty. */
function spansIn(text: string, pattern: RegExp): Span[] {
  const search = new Search(text, pattern);
  const spans: Span[] = [];
  for (let span = search.next(0); span !== undefined; span = search.next(span.end)) spans.push(span);
  return spans;
}

const RUNS = ["a", "A", " ", "\n", "1", "!", "漢", "😀", "\u{20000}", "don't ", "the cat, ", "\r\n  "];

/** More than a window of runs, some of them much longer than what a pattern sees around a window. */
function runs(random: TestRandom): string {
  let text = "";
  while (text.length < 1_400_000) {
    const run = RUNS[random.integer(RUNS.length)] ?? "";
    text += run.repeat(random.uniform() < 0.02 ? random.integer(200_000) : random.integer(5));
  }
  return text;
}

describe("Search", () => {
  it.each(Object.entries(patterns))("finds in windows what %s matches in the whole text", (_name, source) => {
    const pattern = fromOniguruma(source);
    const text = runs(new TestRandom(source.length));
    const whole = [...text.matchAll(pattern)];
    const spans = spansIn(text, pattern);
    expect(spans.length).toBe(whole.length);
    const different = spans.findIndex(({ start, end }, i) => {
      const match = whole[i];
      return match?.index !== start || match[0].length !== end - start;
    });
    expect(different).toBe(-1);
  });

  it.each(["a", "漢", "\u{20000}"])("finds words of five million %s", (letter) => {
    const length = 5_000_000 * letter.length;
    const text = `12${letter.repeat(5_000_000)} ${letter} 3`;
    expect(spansIn(text, fromOniguruma(patterns.gpt2))).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 2 + length },
      { start: 2 + length, end: 3 + length + letter.length },
      { start: 3 + length + letter.length, end: 5 + length + letter.length },
    ]);
  });

  it("leaves the last of five million spaces to the word that follows", () => {
    const spans = spansIn(`${" ".repeat(5_000_000)}word`, fromOniguruma(patterns.gpt2));
    expect(spans).toEqual([
      { start: 0, end: 4_999_999 },
      { start: 4_999_999, end: 5_000_004 },
    ]);
  });

  it("looks behind the place it starts from", () => {
    const text = `${"x".repeat(3_000_000)}b ab`;
    expect(spansIn(text, /(?<![a-z])ab/gu)).toEqual([{ start: 3_000_002, end: 3_000_004 }]);
    expect(new Search(text, /b/gu).next(3_000_004)).toBeUndefined();
  });
});
