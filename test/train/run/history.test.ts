import { describe, expect, it } from "vitest";
import { History } from "../../../src/train/run/history.ts";

const train = (step: number, loss: number) =>
  ({ kind: "train", step, loss, lr: 1, gradNorm: 1, tokens: step, seconds: 2 }) as const;

describe("History", () => {
  it("smooths the training loss, and adds up the time", () => {
    const history = new History("loss", [
      train(1, 4),
      train(2, 2),
      ...Array.from({ length: 200 }, (_, i) => train(i + 3, 3)),
    ]);
    expect(history.smoothed[0]).toEqual({ step: 1, value: 4 });
    expect(history.smoothed[1]?.value).toBeCloseTo((4 / 6 + 2) / (1 + 1 / 6));
    history.add(train(203, 4));
    expect(history.smoothed.at(-1)?.value).toBeCloseTo(3.05);
    expect(history.seconds).toBe(406);
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

  it("knows the best by a score, of equals the one with the lowest loss", () => {
    const validation = (step: number, loss: number, accuracy: number, macroF1: number) =>
      ({ kind: "validation", step, loss, scores: { accuracy, macroF1 } }) as const;
    const records = [
      validation(1, 0.5, 0.8, 0.5),
      validation(2, 0.9, 0.9, 0.6),
      validation(3, 0.8, 0.9, 0.6),
      validation(4, 0.7, 0.7, 0.9),
    ];
    expect(new History("accuracy", records).best?.step).toBe(3);
    expect(new History("macro-f1", records).best?.step).toBe(4);
    expect(new History("loss", records).best?.step).toBe(1);
  });
});
