import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockOf, within } from "../../src/shards/shard.ts";

const shards = fc.record({ count: fc.integer({ min: 1, max: 40 }), total: fc.integer({ min: 0, max: 200 }) });

describe("blockOf", () => {
  it("deals every item once, in order, in blocks of nearly one size", () => {
    fc.assert(
      fc.property(shards, ({ count, total }) => {
        const blocks = Array.from({ length: count }, (_, index) => blockOf({ index, count }, total));
        let next = 0;
        for (const block of blocks) {
          expect(block.first).toBe(next);
          next += block.count;
        }
        expect(next).toBe(total);
        const sizes = blocks.map((block) => block.count);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is exact for more lines than products of doubles hold", () => {
    const total = Number.MAX_SAFE_INTEGER;
    const last = blockOf({ index: 999, count: 1000 }, total);
    expect(last.first + last.count).toBe(total);
  });
});

describe("within", () => {
  it("cuts a block at the borders of lists", () => {
    const block = { first: 3, count: 4, total: 10 };
    expect(within(block, 0, 5)).toEqual({ begin: 3, end: 5 });
    expect(within(block, 5, 5)).toEqual({ begin: 0, end: 2 });
    expect(within(block, 10, 5)).toEqual({ begin: 0, end: 0 });
  });
});
