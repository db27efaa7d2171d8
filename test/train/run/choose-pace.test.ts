import { describe, expect, it } from "vitest";
import { cadencesOf, checkTimeLeft, choosePace } from "../../../src/train/run/choose-pace.ts";
import { planOf } from "../../../src/train/run/plan.ts";
import { RunClock } from "../../../src/train/run/run-clock.ts";
import type { Task } from "../../../src/train/run/tasks.ts";

/** A run that took `before` seconds in earlier processes and `here` seconds in this one. */
function clocked(minutes: number, before: number, here: number) {
  const plan = planOf({ minutes }, { context: 8, width: 8 });
  let now = 1000 * here;
  const clock = new RunClock(before > 0 ? { elapsed: before, begun: 5 } : null, 0, () => now);
  const pace = choosePace({ plan, steps: undefined }, clock);
  const wait = (seconds: number) => {
    now += 1000 * seconds;
  };
  return { plan, clock, pace, wait };
}

const check = ({ plan, pace, clock }: ReturnType<typeof clocked>, steps: number) =>
  checkTimeLeft(plan, pace, clock, steps);

describe("choosePace", () => {
  it("warms up from the first step, however long the preparation was", () => {
    const { clock, pace, plan, wait } = clocked(1, 0, 20);
    clock.begin();
    expect(pace.rate(0)).toBeLessThan(plan.lr / 1000);
    wait(0.05 * 38.2 * 0.5);
    expect(pace.rate(1)).toBeCloseTo(plan.lr / 2, 5);
    wait(60);
    expect(pace.rate(2)).toBe(plan.minLr);
  });
});

describe("checkTimeLeft", () => {
  it("lets a run go on for the time that is left", () => {
    expect(() => check(clocked(1.3, 59, 2), 223)).not.toThrow();
    expect(() => check(clocked(1, 0, 20), 0)).not.toThrow();
  });

  it("says after how many steps the time was over", () => {
    expect(() => check(clocked(1, 59, 2), 223)).toThrow(
      "--minutes 1: they are over after 223 steps: --minutes 2 gives more",
    );
  });

  it("refuses to begin when most of the time is over", () => {
    expect(() => check(clocked(1, 0, 45), 0)).toThrow(
      "--minutes 1: 45 of 60 seconds have passed before the first step: --resume with more --minutes",
    );
  });
});

describe("cadencesOf", () => {
  it("takes every N steps, or never, or a number of times in a run", () => {
    const { pace } = clocked(1, 0, 0);
    const { evaluate, sample, save } = cadencesOf({ evalEvery: 3, sampleEvery: 0 }, pace);
    expect([1, 2, 3].map(evaluate)).toEqual([false, false, true]);
    expect([1, 2, 3].map(sample)).toEqual([false, false, false]);
    expect([1, 2].map(save)).toEqual([true, false]);
  });

  it("shows samples of models that write texts without reading one", () => {
    const { pace } = clocked(1, 0, 0);
    const shows = (task: Task, readsSources = false) =>
      cadencesOf({ task, sampleEvery: 1 }, pace, readsSources).sample(1);
    expect([shows("generate"), shows("classify"), shows("fill-mask"), shows("generate", true)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
