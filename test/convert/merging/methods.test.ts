import { describe, expect, it } from "vitest";
import { METHODS } from "../../../src/convert/merging/methods.ts";

const f32 = (...values: number[]) => Float32Array.from(values);
const close = (found: Float32Array, expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
};

describe("methods of merging, by hand", () => {
  it("the average divides by the sum of the weights", () => {
    const { merge } = METHODS.average;
    close(merge([f32(1, 2), f32(3, 6), f32(5, -2)], { weights: [1, 2, 1] }), [3, 3]);
  });

  it("slerp goes along the arc, and along the line between parallel vectors", () => {
    const { merge } = METHODS.slerp;
    const [x, y] = [f32(2, 0), f32(0, 1)];
    const half = Math.SQRT1_2;
    close(merge([x, y], { weights: [], t: 0.5 }), [2 * half, half]);
    close(merge([x, y], { weights: [], t: 0 }), [2, 0]);
    close(merge([x, y], { weights: [], t: 1 }), [0, 1]);
    const third = Math.sin(Math.PI / 6);
    close(merge([x, y], { weights: [], t: 1 / 3 }), [2 * Math.cos(Math.PI / 6), third]);
    close(merge([f32(1, 1), f32(3, 3)], { weights: [], t: 0.25 }), [1.5, 1.5]);
    close(merge([f32(0, 0), f32(2, 4)], { weights: [], t: 0.5 }), [Math.SQRT2, 2 * Math.SQRT2]);
  });

  it("task arithmetic adds weighted differences to the base", () => {
    const { merge } = METHODS["task-arithmetic"];
    close(merge([f32(1, 1), f32(3, 0), f32(1, 5)], { weights: [0.5, 2] }), [2, 8.5]);
  });

  it("ties keeps large changes, and averages those with the common sign", () => {
    const { merge } = METHODS.ties;
    const base = f32(10, 10, 10, 10);
    const [a, b] = [f32(14, 10.5, 7, 11), f32(12, 5, 12, 9.9)];
    // Differences 4 .5 -3 1 and 2 -5 2 -.1; of each the two largest: 4 0 -3 0 and 2 -5 0 0 (the first of equal ones).
    close(merge([base, a, b], { weights: [1, 1], density: 0.5 }), [13, 5, 7, 10]);
    // All stay, and b counts twice: sums 8, -9.5, 1, .8 choose +, -, +, +.
    close(merge([base, a, b], { weights: [1, 2] }), [10 + 8 / 3, 5, 12, 11]);
  });
});
