/**
 * Prompt lookup decoding (Saxena 2023): where the last ids occurred before, what followed them then may follow again. Good
 * where a text repeats its prompt: summaries, edits, code.
 */
import type { Proposer } from "./drafter.ts";

/** Ids that are compared at most. Two occurrences that are alike as far as that are equally good. */
const LONGEST_MATCH = 16;
/** A single id that occurred before says next to nothing. */
const SHORTEST_MATCH = 2;

export const lookup: Proposer = {
  propose: async (ids, most) => followers(ids, most),
  close: async () => {},
};

/** What followed the longest match of the end of the text, the latest of equals; a loop is taken to go on. */
function followers(ids: readonly number[], most: number): number[] {
  let longest = SHORTEST_MATCH - 1;
  let start: number | undefined;
  for (let end = ids.length - 1; end > longest && longest < LONGEST_MATCH; end--) {
    const length = matchLength(ids, end);
    if (length > longest) [longest, start] = [length, end];
  }
  if (start === undefined) return [];
  const period = ids.slice(start);
  return Array.from({ length: most }, (_, i) => period[i % period.length] as number);
}

/** How many ids before `end` are the last ones of the text. */
function matchLength(ids: readonly number[], end: number): number {
  const behind = ids.length - end;
  let at = end - 1;
  while (at >= 0 && end - at <= LONGEST_MATCH && ids[at] === ids[at + behind]) at--;
  return end - 1 - at;
}
