/**
 * Prompt lookup decoding (Saxena 2023): if the last ids occurred before, the ids that followed them then may
 * follow again. It helps if a text repeats its prompt: summaries, edits, code.
 */
import type { Drafter } from "./drafter.ts";

/** The greatest number of ids that are compared. Longer matches are no better. */
const LONGEST_MATCH = 16;
/** A single id that occurred before says next to nothing. */
const SHORTEST_MATCH = 2;

export const lookupDrafter: Drafter = {
  draft: async (ids, most) => followers(ids, most),
  close: async () => {},
};

/** The ids after the longest match of the end of the text; of equal ones the latest. A loop is continued. */
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

/** The number of ids before `end` that equal the last ids of the text. */
function matchLength(ids: readonly number[], end: number): number {
  const behind = ids.length - end;
  let at = end - 1;
  while (at >= 0 && end - at <= LONGEST_MATCH && ids[at] === ids[at + behind]) at--;
  return end - 1 - at;
}
