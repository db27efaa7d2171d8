import { describe, expect, it } from "vitest";
import { chooseSize } from "../../../src/train/new-model/size-choice.ts";

const choose = (minutes: number, gigaflops: number) =>
  chooseSize({ family: "gpt2", seconds: 60 * minutes, flopsPerSecond: gigaflops * 1e9 });

describe("chooseSize", () => {
  it("takes the largest model that learns from enough tokens in the time", () => {
    expect([1, 10, 60, 24 * 60].map((minutes) => choose(minutes, 50))).toEqual([
      "nano",
      "micro",
      "mini",
      "baby",
    ]);
  });

  it("takes the smallest where the time is for none", () => {
    expect(choose(0.01, 1)).toBe("nano");
  });
});
