import { describe, expect, it } from "vitest";
import { philox4x32, Random, randomSeed } from "../../../src/generate/sampling/random.ts";

describe("philox4x32", () => {
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)("gives Random123's known answer for counter $counter", ({ counter, key, expected }) => {
    expect(philox4x32(counter, key)).toEqual(expected);
  });
});

describe("Random", () => {
  it("reads the blocks of its seed one word after the other", () => {
    const random = new Random(7);
    const words = Array.from({ length: 10 }, () => random.next());
    const blocks = [0, 1, 2].flatMap((block) => philox4x32([block, 0, 0, 0], [7, 0]));
    expect(words).toEqual(blocks.slice(0, 10));
  });

  it("makes a uniform number of the upper bits of two words", () => {
    const [first, second] = philox4x32([0, 0, 0, 0], [3, 0]);
    expect(new Random(3).uniform()).toBe(((first >>> 5) * 2 ** 26 + (second >>> 6)) / 2 ** 53);
  });

  it("spreads uniform numbers evenly over [0, 1)", () => {
    const random = new Random(1);
    const draws = Array.from({ length: 64_000 }, () => random.uniform());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    const counts = Array.from({ length: 16 }, (_, i) => draws.filter((u) => Math.floor(u * 16) === i).length);
    expect(chiSquared(counts, 4000)).toBeLessThan(37.7); // 15 degrees of freedom, p = 0.001
  });

  it("gives different seeds different sequences, up to the largest seed", () => {
    const starts = [0, 1, 2, 0xffffffff].map((seed) => new Random(seed).next());
    expect(new Set(starts).size).toBe(4);
  });
});

describe("randomSeed", () => {
  it("is an unsigned 32-bit integer that varies", () => {
    const seeds = Array.from({ length: 8 }, randomSeed);
    for (const seed of seeds) expect(seed).toBe(seed >>> 0);
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });
});

const chiSquared = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
