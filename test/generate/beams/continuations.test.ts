import { describe, expect, it } from "vitest";
import { bestFirst } from "../../../src/generate/beams/continuations.ts";

const rows = (...values: number[][]) => values.map((row) => Float64Array.from(row));

describe("bestFirst", () => {
  it("lists all continuations, the likeliest first, whatever is likely to be asked for", () => {
    const logprobs = rows([-3, -1, -2.5], [-2, -4, -0.5]);
    const places = [
      [1, 2],
      [0, 1],
      [1, 0],
      [0, 2],
      [0, 0],
      [1, 1],
    ];
    for (const few of [1, 2, 5, 6, 7]) {
      const found = [...bestFirst(logprobs, few)];
      expect(found.map(({ beam, id }) => [beam, id])).toEqual(places);
      expect(found.map(({ logprob }) => logprob)).toEqual([-0.5, -1, -2, -2.5, -3, -4]);
    }
  });

  it("takes the earlier beam and then the lower id among equals", () => {
    for (const few of [1, 3, 9]) {
      const found = [...bestFirst(rows([-1, -2, -1], [-2, -1, -2]), few)];
      expect(found.map(({ beam, id }) => `${beam}${id}`)).toEqual(["00", "02", "11", "01", "10", "12"]);
    }
  });

  it("leaves out what is impossible", () => {
    for (const few of [1, 9]) {
      const found = [...bestFirst(rows([-Infinity, -1], [-Infinity, -Infinity]), few)];
      expect(found).toEqual([{ beam: 0, id: 1, logprob: -1 }]);
    }
  });
});
