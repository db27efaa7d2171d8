import { describe, expect, it } from "vitest";
import { Hypotheses } from "../../../src/generate/beams/hypotheses.ts";
import { resolveSettings } from "../resolve-settings.ts";

function hypotheses(lengthPenalty: number, earlyStopping: boolean | "never" = false): Hypotheses {
  return new Hypotheses(resolveSettings({ beams: 2, lengthPenalty, earlyStopping }, 10), 10);
}

const text = (logprob: number, length: number, ids: readonly number[] = []) =>
  ({ ids, logprob, length, reason: "eos" }) as const;

describe("Hypotheses", () => {
  it("divides by the length to the power of the penalty", () => {
    for (const lengthPenalty of [-2, -0.5, 0, 0.3, 1, 2, 3.7]) {
      const some = hypotheses(lengthPenalty);
      some.add(text(-6, 3));
      expect(some.best?.score).toBeCloseTo(-6 / 3 ** lengthPenalty, 12);
    }
    const plain = hypotheses(1);
    plain.add(text(-0.7, 7));
    expect(plain.best?.score).toBe(-0.7 / 7);
  });

  it("stays a number for any penalty", () => {
    for (const lengthPenalty of [-1e9, 1e9]) {
      for (const logprob of [0, -5]) {
        const some = hypotheses(lengthPenalty);
        some.add(text(logprob, 1000));
        expect(some.best?.score).not.toBeNaN();
      }
    }
  });

  it("keeps the best ones, and of equals the first", () => {
    const some = hypotheses(0);
    for (const [i, logprob] of [-5, -3, -4, -3, -9].entries()) some.add(text(logprob, 1, [i]));
    expect(some.best).toMatchObject({ ids: [1], score: -3 });
    expect(some.settled(-3.5, 1)).toBe(true);
  });

  it("is settled only where there are as many as beams", () => {
    const some = hypotheses(0, true);
    some.add(text(-1, 1));
    expect(some.settled(-100, 2)).toBe(false);
    some.add(text(-50, 1));
    expect(some.settled(-2, 2)).toBe(true);
  });

  it("asks, without early stopping, whether a text under way is better as it is", () => {
    const some = hypotheses(1);
    some.add(text(-1, 1));
    some.add(text(-2, 1));
    expect(some.settled(-7.9, 4)).toBe(false);
    expect(some.settled(-8, 4)).toBe(true);
  });

  it("asks, for never, whether it can be better at any length", () => {
    const favoursLong = hypotheses(1, "never");
    favoursLong.add(text(-1, 1));
    favoursLong.add(text(-2, 1));
    expect(favoursLong.settled(-19.9, 4)).toBe(false);
    expect(favoursLong.settled(-20, 4)).toBe(true);
    const favoursShort = hypotheses(-1, "never");
    favoursShort.add(text(-1, 1));
    favoursShort.add(text(-2, 1));
    expect(favoursShort.settled(-0.4, 4)).toBe(false);
    expect(favoursShort.settled(-0.5, 4)).toBe(true);
  });
});
