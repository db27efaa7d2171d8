/** Cutting a text into pieces at the matches of a pattern. */

import { Search } from "./search.ts";

/**
 * Cuts a text into the pieces that BPE encodes one by one, and hands them on from left to right; no piece is empty.
 * @param atStart whether this is where the whole text starts
 */
export type Splitter = (text: string, atStart: boolean, take: (piece: string) => void) => void;

/** All of the text is one piece. */
export const unsplit: Splitter = (text, _atStart, take) => take(text);

/** Each piece of a splitter goes through the next one. */
export function inTurn(splitters: readonly Splitter[]): Splitter {
  return splitters.reduceRight((later, splitter) => {
    if (later === unsplit) return splitter;
    return (text, atStart, take) => {
      let first = atStart;
      splitter(text, atStart, (piece) => {
        later(piece, first, take);
        first = false;
      });
    };
  }, unsplit);
}

/** What becomes of a match: a piece of its own, nothing, part of a neighbour, one piece with adjoining matches. */
export const behaviors = [
  "Isolated",
  "Removed",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;
export type Behavior = (typeof behaviors)[number];

/**
 * @param pattern a global regular expression
 * @param invert what does not match is what counts as a match
 */
export function splitAt(pattern: RegExp, behavior: Behavior, invert = false): Splitter {
  switch (behavior) {
    case "Isolated":
      return (text, _atStart, take) => eachSpan(text, pattern, take);
    case "Removed":
      return (text, _atStart, take) =>
        eachSpan(text, pattern, (span, matches) => {
          if (matches === invert) take(span);
        });
    default:
      return (text, _atStart, take) => {
        let piece = "";
        let before = false;
        eachSpan(text, pattern, (span, matches) => {
          const match = matches !== invert;
          if (piece !== "" && !joins(behavior, before, match)) {
            take(piece);
            piece = "";
          }
          piece += span;
          before = match;
        });
        if (piece !== "") take(piece);
      };
  }
}

/** The matches of a pattern and nothing else. */
export function matchesOf(pattern: RegExp): Splitter {
  return splitAt(pattern, "Removed", true);
}

/** Whether two neighbouring spans, each a match or not, are one piece. */
function joins(behavior: Exclude<Behavior, "Isolated" | "Removed">, left: boolean, right: boolean): boolean {
  switch (behavior) {
    case "MergedWithPrevious":
      return !left && right;
    case "MergedWithNext":
      return left && !right;
    case "Contiguous":
      return left === right;
  }
}

/** Visits the matches and what lies between them, from left to right; never an empty span. */
function eachSpan(text: string, pattern: RegExp, visit: (span: string, matches: boolean) => void): void {
  let end = 0;
  let next = 0;
  const search = new Search(text, pattern);
  for (let match = search.next(0); match !== undefined; match = search.next(next)) {
    if (match.start > end) visit(text.slice(end, match.start), false);
    ({ end } = match);
    next = end;
    if (end > match.start) visit(text.slice(match.start, end), true);
    else next += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  if (end < text.length) visit(text.slice(end), false);
}
