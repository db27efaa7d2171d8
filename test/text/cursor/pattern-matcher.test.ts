import { describe, expect, it } from "vitest";
import { PatternMatcher } from "../../../src/text/cursor/pattern-matcher.ts";
import { TestRandom } from "../../reference/random.ts";

/** The definition, for the symbols read so far. */
function byHand(patterns: readonly number[][], read: readonly number[]) {
  const endsWith = (part: readonly number[]) =>
    part.every((s, i) => s === read[read.length - part.length + i]);
  const prefixes = patterns.flatMap((pattern) => pattern.map((_, i) => pattern.slice(0, i + 1)));
  const longest = (parts: readonly number[][]) =>
    Math.max(0, ...parts.filter(endsWith).map(({ length }) => length));
  const matched = patterns.findIndex((pattern) => endsWith(pattern) && pattern.length === longest(patterns));
  return { matched: matched < 0 ? undefined : matched, depth: longest(prefixes) };
}

describe("PatternMatcher", () => {
  it("finds what a search by hand finds, however the patterns overlap", () => {
    const random = new TestRandom(2);
    const word = (length: number) => Array.from({ length }, () => random.integer(2));
    let found = 0;
    for (let round = 0; round < 60; round++) {
      const patterns = Array.from({ length: 1 + random.integer(6) }, () => word(1 + random.integer(7)));
      const matcher = new PatternMatcher(patterns);
      const read: number[] = [];
      let state = 0;
      for (const symbol of word(60)) {
        read.push(symbol);
        state = matcher.next(state, symbol);
        const expected = byHand(patterns, read);
        expect({ matched: matcher.matched(state), depth: matcher.depth(state) }).toEqual(expected);
        if (expected.matched !== undefined) found++;
      }
    }
    expect(found).toBeGreaterThan(500);
  });

  it("finds nothing without patterns", () => {
    const matcher = new PatternMatcher([]);
    const state = matcher.next(0, 5);
    expect([state, matcher.depth(state), matcher.matched(state)]).toEqual([0, 0, undefined]);
  });

  it("weighs symbols", () => {
    const matcher = new PatternMatcher([[1, 9, 1, 1]], (symbol) => (symbol === 9 ? 0 : 1));
    let state = 0;
    const depths = [1, 9, 1, 1].map((symbol) => {
      state = matcher.next(state, symbol);
      return matcher.depth(state);
    });
    expect(depths).toEqual([1, 1, 2, 3]);
  });

  it("takes time in proportion to the text, not to the patterns", () => {
    const matcher = new PatternMatcher([[...new Array<number>(2000).fill(1), 2]]);
    let state = 0;
    let steps = 0;
    for (; steps < 200_000; steps++) state = matcher.next(state, 1);
    expect(matcher.depth(state)).toBe(2000);
    expect(matcher.matched(matcher.next(state, 2))).toBe(0);
  });
});
