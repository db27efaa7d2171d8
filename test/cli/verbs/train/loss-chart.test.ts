import { describe, expect, it } from "vitest";
import { styleFor } from "../../../../src/cli/terminal/style.ts";
import { textWidth } from "../../../../src/cli/terminal/width.ts";
import { lossChart } from "../../../../src/cli/verbs/train/loss-chart.ts";
import { History, type RunRecord } from "../../../../src/train/run/history.ts";

const plain = styleFor({}, "never");

const train = (step: number, loss: number): RunRecord => ({
  kind: "train",
  step,
  loss,
  lr: 1,
  gradNorm: 1,
  tokens: 1,
  seconds: 1,
});

const falling = Array.from({ length: 500 }, (_, i) => train(i + 1, 6 - i / 100));

describe("lossChart", () => {
  it("draws a curve from the upper left to the lower right, with losses and steps beside it", () => {
    const lines = lossChart(new History("loss", falling), plain, 60).split("\n");
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(/^ {6}6 │[⠁-⣿]/);
    expect(lines[7]?.trimEnd()).toMatch(/[⠁-⣿]$/);
    expect(lines[7]).toMatch(/│ +[⠁-⣿]/);
    expect(lines.some((line) => line.startsWith("      4 │"))).toBe(true);
    expect(lines[8]).toMatch(/^ {8}└train +500$/);
    expect(lines.every((line) => textWidth(line) <= 59)).toBe(true);
  });

  it("draws both losses, each in its colour", () => {
    const history = new History("loss", [
      ...falling,
      { kind: "validation", step: 0, loss: 7 },
      { kind: "validation", step: 500, loss: 2 },
    ]);
    const chart = lossChart(history, styleFor({}, "always", { TERM: "xterm" }), 80);
    expect(chart).toContain("\x1b[36mtrain\x1b[39m \x1b[33mvalidation\x1b[39m");
    expect(chart).toMatch(/\x1b\[33m[⠁-⣿]/);
  });

  it("draws nothing without a curve, or without room", () => {
    expect(lossChart(new History("loss", [train(1, 5)]), plain, 80)).toBe("");
    expect(lossChart(new History("loss", falling), plain, 20)).toBe("");
  });
});
