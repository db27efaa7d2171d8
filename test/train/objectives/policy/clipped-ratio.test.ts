import { describe, expect, it } from "vitest";
import { clippedRatio, k3 } from "../../../../src/train/objectives/policy/clipped-ratio.ts";

describe("the clipped ratio", () => {
  const range = { low: 0.2, high: 0.3, cap: 2 };

  it.each([0.3, 0.75, 0.85, 1, 1.25, 1.35, 1.9, 2.2])("%d: its slope agrees with differences", (ratio) => {
    for (const advantage of [-1.5, 0, 0.7]) {
      const at = (log: number) => clippedRatio(Math.exp(log), advantage, range).loss;
      const [log, step] = [Math.log(ratio), 1e-6];
      const slope = (at(log + step) - at(log - step)) / (2 * step);
      expect(clippedRatio(ratio, advantage, range).slope).toBeCloseTo(slope, 6);
    }
  });

  it("stops where the policy has gone far enough, and nowhere else", () => {
    const clipped = (ratio: number, advantage: number) => clippedRatio(ratio, advantage, range).isClipped;
    expect([clipped(1.4, 1), clipped(0.5, -1)]).toEqual([true, true]);
    expect([clipped(1.4, -1), clipped(0.5, 1), clipped(1, 1), clipped(1.4, 0)]).toEqual(Array(4).fill(false));
  });

  it("k3 is 0 for equal probabilities, else positive", () => {
    expect(k3(0)).toBe(0);
    for (const d of [-3, -0.1, 1e-4, 2]) expect(k3(d)).toBeGreaterThan(0);
  });
});
