import { expect, it } from "vitest";
import type { Pooling } from "../../../src/families/embedding/modules.ts";
import { cosine, normalized, pool } from "../../../src/library/embedding/pooling.ts";

/** Three tokens. */
const states = { values: Float32Array.of(1, 2, 3, -4, 5, 0), width: 2 };

const expected: readonly (readonly [Pooling[], number[]])[] = [
  [["cls"], [1, 2]],
  [["max"], [5, 2]],
  [["mean"], [3, -2 / 3]],
  [["mean_sqrt_len_tokens"], [9 / Math.sqrt(3), -2 / Math.sqrt(3)]],
  [["weightedmean"], [(1 + 2 * 3 + 3 * 5) / 6, (2 - 2 * 4) / 6]],
  [["lasttoken"], [5, 0]],
  [
    ["cls", "lasttoken"],
    [1, 2, 5, 0],
  ],
];

it.each(expected)("%j makes one vector of the states", (poolings, vector) => {
  const found = [...pool(poolings, states)];
  expect(found).toHaveLength(vector.length);
  for (const [i, value] of vector.entries()) expect(found[i]).toBeCloseTo(value, 6);
});

it("a vector is brought to length 1, and zeros stay", () => {
  expect([...normalized(Float32Array.of(3, 4))].map((value) => value.toFixed(4))).toEqual([
    "0.6000",
    "0.8000",
  ]);
  expect([...normalized(Float32Array.of(0, 0))]).toEqual([0, 0]);
});

it("the cosine of zeros is 0", () => {
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(2, 2))).toBeCloseTo(Math.SQRT1_2, 6);
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 0))).toBe(0);
});
