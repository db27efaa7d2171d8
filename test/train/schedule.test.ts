import { describe, expect, it } from "vitest";
import { learningRate, SCHEDULES } from "../../src/train/schedule.ts";

const base = { lr: 1, minLr: 0.1, warmupSteps: 4, steps: 25 } as const;
const rates = (schedule: (typeof SCHEDULES)[number]) =>
  Array.from({ length: 26 }, (_, step) => learningRate({ ...base, schedule }, step));

describe("learning rates", () => {
  it.each(SCHEDULES)("%s rises in a straight line to its highest", (schedule) => {
    expect(rates(schedule).slice(0, 5)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(Math.max(...rates(schedule))).toBe(1);
  });

  it("cosine is half way down in the middle and stays at its end", () => {
    expect(rates("cosine")[14]).toBeCloseTo(0.55, 12);
    expect(rates("cosine")[23]).toBeGreaterThan(0.1);
    expect(rates("cosine").slice(24)).toEqual([0.1, 0.1]);
    expect(rates("cosine")[9]).toBeCloseTo(0.1 + 0.45 * (1 + Math.SQRT1_2), 12);
  });

  it("linear reaches its end one step after the last, as in transformers", () => {
    const twenty = { schedule: "linear", lr: 1e-3, minLr: 0, warmupSteps: 0, steps: 20 } as const;
    for (let step = 0; step < 20; step++) {
      expect(learningRate(twenty, step)).toBeCloseTo((1e-3 * (20 - step)) / 20, 15);
    }
    expect(learningRate(twenty, 20)).toBe(0);
    expect(rates("linear")[24]).toBeCloseTo(0.1 + 0.9 / 21, 12);
    expect(rates("linear")[25]).toBe(0.1);
  });

  it("constant stays, wsd falls in the last fifth", () => {
    expect(new Set(rates("constant").slice(4))).toEqual(new Set([1]));
    expect(rates("wsd").slice(4, 20)).toEqual(Array(16).fill(1));
    expect(rates("wsd")[22]).toBeCloseTo(1 - 0.9 * (2.8 / 4.8), 12);
    expect(rates("wsd")[24]).toBe(0.1);
  });

  it.each(["cosine", "wsd"] as const)("%s ends with its lowest rate, also in a short run", (schedule) => {
    const four = { lr: 1e-3, minLr: 0, warmupSteps: 0, steps: 4 };
    const all = [0, 1, 2, 3].map((step) => learningRate({ ...four, schedule }, step));
    expect([all[0], all[3]]).toEqual([1e-3, 0]);
    const one = { lr: 1e-3, minLr: 0, warmupSteps: 0, steps: 1 };
    expect([0, 1].map((step) => learningRate({ ...one, schedule }, step))).toEqual([1e-3, 0]);
  });

  it("needs no warm-up, and no room after it", () => {
    expect(learningRate({ ...base, schedule: "cosine", warmupSteps: 0 }, 0)).toBe(1);
    expect(learningRate({ ...base, schedule: "cosine", warmupSteps: 30 }, 29)).toBe(1);
    expect(learningRate({ ...base, schedule: "cosine", warmupSteps: 30 }, 30)).toBe(0.1);
    expect(learningRate({ ...base, schedule: "wsd", warmupSteps: 24 }, 23)).toBe(1);
  });
});
