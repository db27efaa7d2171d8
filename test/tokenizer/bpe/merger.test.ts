import { describe, expect, it } from "vitest";
import { Merger } from "../../../src/tokenizer/bpe/merger.ts";
import { Merges } from "../../../src/tokenizer/bpe/merges.ts";
import { random } from "../fixtures.ts";

/** `[left, right, rank, result]` */
type Rule = readonly [number, number, number, number];

function table(rules: readonly Rule[]): Merges {
  const merges = new Merges(rules.length);
  for (const rule of rules) merges.add(...rule);
  return merges;
}

const merge = (symbols: number[], merges: Merges): number[] => new Merger(merges).merge(symbols);

/** BPE as its definition reads: look for the best pair, merge it, start again. */
function mergePlainly(symbols: readonly number[], rules: readonly Rule[]): number[] {
  const left = [...symbols];
  for (;;) {
    let best: { at: number; rank: number; result: number } | undefined;
    for (let at = 0; at + 1 < left.length; at++) {
      const rule = rules.find(([a, b]) => a === left[at] && b === left[at + 1]);
      if (rule && (best === undefined || rule[2] < best.rank)) best = { at, rank: rule[2], result: rule[3] };
    }
    if (best === undefined) return left;
    left.splice(best.at, 2, best.result);
  }
}

describe("Merger", () => {
  it("merges the lowest rank first, wherever it is", () => {
    const merges = table([
      [1, 2, 1, 12],
      [2, 3, 0, 23],
    ]);
    expect(merge([1, 2, 3], merges)).toEqual([1, 23]);
  });

  it("takes the leftmost of equal pairs", () => {
    expect(merge([1, 1, 1], table([[1, 1, 0, 11]]))).toEqual([11, 1]);
  });

  it("takes the leftmost of different pairs with the same rank, as scores give them", () => {
    const merges = table([
      [1, 2, 5, 12],
      [2, 3, 5, 23],
    ]);
    expect(merge([1, 2, 3], merges)).toEqual([12, 3]);
    expect(merge([2, 3, 1, 2, 3], merges)).toEqual([23, 12, 3]);
  });

  it("goes on with what it merged", () => {
    const merges = table([
      [1, 2, 0, 12],
      [12, 12, 1, 1212],
      [1212, 12, 2, 7],
    ]);
    expect(merge([1, 2, 1, 2, 1, 2], merges)).toEqual([7]);
  });

  it("leaves alone what it has no merges for", () => {
    expect(merge([], table([]))).toEqual([]);
    expect(merge([5], table([[5, 5, 0, 6]]))).toEqual([5]);
    expect(merge([5, 6, 7], table([]))).toEqual([5, 6, 7]);
  });

  it("agrees with the definition for random merges, ties and cycles included", () => {
    const next = random(1);
    const below = (limit: number) => Math.floor(next() * limit);
    for (let round = 0; round < 400; round++) {
      const rules = new Map<string, Rule>();
      for (let i = 0; i < 12; i++) {
        const rule: Rule = [below(5), below(5), below(8), below(5)];
        rules.set(`${rule[0]} ${rule[1]}`, rule);
      }
      const symbols = Array.from({ length: below(40) }, () => below(5));
      const list = [...rules.values()];
      expect(merge([...symbols], table(list))).toEqual(mergePlainly(symbols, list));
    }
  });

  it("starts afresh with every piece", () => {
    const merger = new Merger(table([[1, 2, 0, 12]]));
    const long = new Array<number>(1000).fill(3);
    for (const symbols of [[1, 2, 1, 2], [2, 1], long, [1, 2], []]) {
      expect(merger.merge([...symbols])).toEqual(mergePlainly(symbols, [[1, 2, 0, 12]]));
    }
  });

  it("completes pieces of 200,000 symbols", () => {
    const doubling = Array.from({ length: 10 }, (_, i): Rule => [i, i, i, i + 1]);
    const doubled = merge(new Array<number>(200_000).fill(0), table(doubling));
    expect(doubled).toEqual([...new Array<number>(195).fill(10), 8, 6]);

    const growing = Array.from({ length: 1000 }, (_, i): Rule => [i, 0, 1000 - i, i + 1]);
    const grown = merge(new Array<number>(200_000).fill(0), table(growing));
    expect(grown.reduce((sum, id) => sum + id + 1, 0)).toBe(200_000);
  });
});

describe("Merges", () => {
  it("finds every pair it was given, and no other", () => {
    const next = random(2);
    const pairs = new Map<string, Rule>();
    for (let rank = 0; rank < 5000; rank++) {
      const left = Math.floor(next() * 50_000);
      const right = Math.floor(next() * 50_000);
      pairs.set(`${left} ${right}`, [left, right, rank, rank + 7]);
    }
    const merges = table([...pairs.values()]);
    for (const [left, right, rank, result] of pairs.values()) {
      const slot = merges.find(left, right);
      expect([merges.rank(slot), merges.result(slot)]).toEqual([rank, result]);
      if (!pairs.has(`${right} ${left}`)) expect(merges.find(right, left)).toBe(-1);
    }
  });

  it("can be empty", () => {
    expect(new Merges(0).find(0, 0)).toBe(-1);
  });
});
