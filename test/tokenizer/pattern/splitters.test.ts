import { describe, expect, it } from "vitest";
import { searcher } from "../../../src/tokenizer/pattern/search.ts";
import {
  type Behavior,
  inTurn,
  matchesOf,
  splitAt,
  unsplit,
} from "../../../src/tokenizer/pattern/splitters.ts";
import { piecesOf, random, randomText } from "../fixtures.ts";

describe("splitAt", () => {
  // The example of the tokenizers library's documentation.
  const text = "the-final--countdown";
  it.each<[Behavior, string[]]>([
    ["Removed", ["the", "final", "countdown"]],
    ["Isolated", ["the", "-", "final", "-", "-", "countdown"]],
    ["MergedWithPrevious", ["the-", "final-", "-", "countdown"]],
    ["MergedWithNext", ["the", "-final", "-", "-countdown"]],
    ["Contiguous", ["the", "-", "final", "--", "countdown"]],
  ])("%s", (behavior, pieces) => {
    expect(piecesOf(splitAt(searcher(/-/gu), behavior), text)).toEqual(pieces);
  });

  it.each<[Behavior, string[]]>([
    ["Removed", ["-", "--"]],
    ["Isolated", ["the", "-", "final", "--", "countdown"]],
    ["MergedWithPrevious", ["the", "-final", "--countdown"]],
    ["MergedWithNext", ["the-", "final--", "countdown"]],
    ["Contiguous", ["the", "-", "final", "--", "countdown"]],
  ])("%s, inverted", (behavior, pieces) => {
    expect(piecesOf(splitAt(searcher(/-+/gu), behavior, true), text)).toEqual(pieces);
  });

  it("splits at places without characters", () => {
    expect(piecesOf(splitAt(searcher(/(?=(?:\d{3})+$)/gu), "Isolated"), "1234567")).toEqual([
      "1",
      "234",
      "567",
    ]);
    expect(piecesOf(splitAt(searcher(/(?:)/gu), "Isolated"), "a😀b")).toEqual(["a", "😀", "b"]);
  });

  it("yields no empty piece and loses nothing unless it removes", () => {
    const next = random(4);
    const behaviors = ["Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
    for (let i = 0; i < 200; i++) {
      const text = randomText(next);
      for (const behavior of behaviors) {
        const pieces = piecesOf(splitAt(searcher(/\s+|\p{N}|(?=[A-Z])/gu), behavior, next() < 0.5), text);
        expect(pieces.join("")).toBe(text);
        expect(pieces).not.toContain("");
      }
    }
  });
});

describe("inTurn", () => {
  it("splits the pieces again", () => {
    const split = inTurn([splitAt(searcher(/\d/gu), "Isolated"), matchesOf(searcher(/[a-z]+|\d/gu))]);
    expect(piecesOf(split, "ab1 2cd")).toEqual(["ab", "1", "2", "cd"]);
  });

  it("tells only the first piece that the text starts with it", () => {
    const starts: boolean[] = [];
    const split = inTurn([
      splitAt(searcher(/ /gu), "Isolated"),
      (text, atStart, take) => {
        starts.push(atStart);
        take(text, 0, text.length);
      },
    ]);
    piecesOf(split, "a b");
    piecesOf(split, "a", false);
    expect(starts).toEqual([true, false, false, false]);
  });

  it("of nothing splits nothing", () => {
    expect(inTurn([])).toBe(unsplit);
    expect(piecesOf(inTurn([]), "a b")).toEqual(["a b"]);
  });
});
