import { describe, expect, it } from "vitest";
import { RecentMean } from "../../../src/train/run/recent-mean.ts";

describe("RecentMean", () => {
  it("weighs the latest most, without a bias to zero at its start", () => {
    const mean = new RecentMean();
    expect(mean.value).toBeUndefined();
    mean.add(8, 0.5);
    expect(mean.value).toBe(8);
    mean.add(2, 0.5);
    expect(mean.value).toBe((0.5 * 8 + 2) / 1.5);
  });
});
