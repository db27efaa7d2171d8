import { describe, expect, it } from "vitest";
import { PieceCache } from "../../../src/tokenizer/bpe/piece-cache.ts";

function recalled(cache: PieceCache, text: string, start = 0, end = text.length): number[] | undefined {
  const ids: number[] = [];
  return cache.recall(text, start, end, ids) ? ids : undefined;
}

describe("PieceCache", () => {
  it("recalls a piece wherever it stands", () => {
    const cache = new PieceCache();
    cache.remember(" cat", [1, 2]);
    cache.remember("猫", [3, 4, 5]);
    expect(recalled(cache, "the cat sat", 3, 7)).toEqual([1, 2]);
    expect(recalled(cache, "die 猫", 4, 5)).toEqual([3, 4, 5]);
    expect(recalled(cache, "the cats", 3, 8)).toBeUndefined();
    expect(recalled(cache, "the cat", 3, 6)).toBeUndefined();
  });

  it("appends", () => {
    const cache = new PieceCache();
    cache.remember("a", [7, 8]);
    const ids = [1];
    cache.recall("a", 0, 1, ids);
    expect(ids).toEqual([1, 7, 8]);
  });

  it("knows pieces without tokens", () => {
    const cache = new PieceCache();
    cache.remember("?", []);
    expect(recalled(cache, "?")).toEqual([]);
  });

  it("does not keep long pieces", () => {
    const cache = new PieceCache();
    const long = "a".repeat(1000);
    cache.remember(long, [1]);
    expect(recalled(cache, long)).toBeUndefined();
  });

  it("tells apart what it keeps, and forgets all of it when there is too much", () => {
    const cache = new PieceCache();
    const piece = (i: number) => `p${(i * 7919).toString(36)}`;
    let forgotten = 0;
    let wrong = 0;
    for (let i = 0; i < 200_000; i++) {
      cache.remember(piece(i), [i]);
      if (recalled(cache, piece(i))?.join() !== `${i}`) wrong++;
      if (recalled(cache, piece(0)) === undefined) {
        forgotten++;
        cache.remember(piece(0), [0]);
      }
    }
    expect(wrong).toBe(0);
    expect(forgotten).toBe(3);
  });

  it("forgets pieces of many tokens, too", () => {
    const cache = new PieceCache();
    const tokens = new Array<number>(1000).fill(1);
    for (let i = 0; i < 5000; i++) cache.remember(String(i), tokens);
    expect(recalled(cache, "0")).toBeUndefined();
    expect(recalled(cache, "4999")).toEqual(tokens);
  });
});
