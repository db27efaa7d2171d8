/** Matches of a search beside those of V8. */
import { expect } from "vitest";
import { placeAfter, type Searcher } from "../../../src/tokenizer/pattern/search.ts";
import type { TestRandom } from "../../reference/random.ts";

interface Span {
  readonly start: number;
  readonly end: number;
}

/** All matches. */
export function spansIn(text: string, matches: Searcher): Span[] {
  const search = matches(text);
  const spans: Span[] = [];
  for (let next = 0; search.next(next); ) {
    const { start, end } = search;
    spans.push({ start, end });
    next = end > start ? end : placeAfter(text, end);
  }
  return spans;
}

const RUNS = ["a", "A", " ", "\n", "1", "!", "漢", "😀", "\u{20000}", "don't ", "the cat, ", "\r\n  "];

/**
 * Runs of characters, some of them long. By default more than a window, and longer than what a pattern sees
 * around it.
 */
export function runs(random: TestRandom, length = 1_400_000, longest = 200_000): string {
  let text = "";
  while (text.length < length) {
    const run = RUNS[random.integer(RUNS.length)] ?? "";
    text += run.repeat(random.uniform() < 0.02 ? random.integer(longest) : random.integer(5));
  }
  return text;
}

export function expectMatches(text: string, matches: Searcher, pattern: RegExp): void {
  const spans = spansIn(text, matches);
  const whole = Array.from(text.matchAll(pattern), ({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  expect(spans.length).toBe(whole.length);
  const different = spans.findIndex(({ start, end }, i) => whole[i]?.start !== start || whole[i].end !== end);
  expect(different).toBe(-1);
}
