import { describe, expect, it } from "vitest";
import { History } from "../../../src/train/run/history.ts";

const train = (step: number, loss: number) =>
  ({ kind: "train", step, loss, lr: 1, gradNorm: 1, tokens: step, seconds: 2 }) as const;

describe("History", () => {
  it("smooths the training loss, and adds up the time", () => {
    const history = new History([train(1, 4), train(2, 2)]);
    expect(history.smoothed[0]).toEqual({ step: 1, loss: 4 });
    expect(history.smoothed[1]?.loss).toBeCloseTo((0.95 * 4 + 2) / 1.95);
    expect(history.seconds).toBe(4);
  });

  it("knows the best validation loss, the first of equals", () => {
    const history = new History();
    expect(history.best).toBeUndefined();
    for (const [step, loss] of [
      [0, 3],
      [5, 2],
      [9, 2],
      [12, 2.5],
    ] as const) {
      history.add({ kind: "validation", step, loss });
    }
    expect(history.best?.step).toBe(5);
  });
});
