/** Cutting a text into pieces at the matches of a pattern. */

import { placeAfter, type Searcher } from "./search.ts";

/** Takes the piece of `text` from `start` up to `end`, without a copy of it. */
export type TakePiece = (text: string, start: number, end: number) => void;

/**
 * Cuts a text into the pieces that BPE encodes one by one, and hands them on from left to right; no piece is
 * empty.
 * @param atStart the text is the start of the whole text
 */
export type Splitter = (text: string, atStart: boolean, take: TakePiece) => void;

/** All of the text is one piece. */
export const unsplit: Splitter = (text, _atStart, take) => take(text, 0, text.length);

/** Each piece of a splitter goes through the next one. */
export function inTurn(splitters: readonly Splitter[]): Splitter {
  return splitters.reduceRight((later, splitter) => {
    if (later === unsplit) return splitter;
    return (text, atStart, take) => {
      let first = atStart;
      splitter(text, atStart, (whole, start, end) => {
        later(whole.slice(start, end), first, take);
        first = false;
      });
    };
  }, unsplit);
}

/**
 * A match becomes a piece of its own, is removed, joins a neighbour, or forms one piece with adjoining
 * matches.
 */
export const behaviors = [
  "Isolated",
  "Removed",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
] as const;
export type Behavior = (typeof behaviors)[number];

/**
 * @param matches finds the places to cut at
 * @param invert the text between matches counts as the match
 */
export function splitAt(matches: Searcher, behavior: Behavior, invert = false): Splitter {
  switch (behavior) {
    case "Isolated":
      return (text, _atStart, take) => eachSpan(text, matches, (start, end) => take(text, start, end));
    case "Removed":
      return (text, _atStart, take) =>
        eachSpan(text, matches, (start, end, isMatch) => {
          if (isMatch === invert) take(text, start, end);
        });
    default:
      return (text, _atStart, take) => {
        let piece = 0;
        let before = false;
        eachSpan(text, matches, (start, _end, isMatch) => {
          const match = isMatch !== invert;
          if (start > piece && !joins(behavior, before, match)) {
            take(text, piece, start);
            piece = start;
          }
          before = match;
        });
        if (piece < text.length) take(text, piece, text.length);
      };
  }
}

/** Pieces of this many characters; the last may be shorter. */
export function ofLength(length: number): Splitter {
  return (text, _atStart, take) => {
    for (let start = 0, end = 0; start < text.length; start = end) {
      for (let count = 0; count < length && end < text.length; count++) end = placeAfter(text, end);
      take(text, start, end);
    }
  };
}

/** The matches of a pattern and nothing else. */
export function matchesOf(matches: Searcher): Splitter {
  return splitAt(matches, "Removed", true);
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

/** Visits the matches and the text between them, from left to right; never an empty span. */
function eachSpan(
  text: string,
  matches: Searcher,
  visit: (start: number, end: number, isMatch: boolean) => void,
): void {
  let done = 0;
  let next = 0;
  for (const search = matches(text); search.next(next); ) {
    const { start, end } = search;
    if (start > done) visit(done, start, false);
    if (end > start) visit(start, end, true);
    done = end;
    next = end > start ? end : placeAfter(text, end);
  }
  if (done < text.length) visit(done, text.length, false);
}
