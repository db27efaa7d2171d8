import { describe, expect, it } from "vitest";
import { ClockPace, everySteps, StepPace } from "../../../src/train/run/pace.ts";

describe("StepPace", () => {
  it("goes on for a number of steps", () => {
    const pace = new StepPace(4);
    expect([0, 1, 2, 3, 4, 5].map((step) => pace.goesOn(step))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(pace.rate()).toBeUndefined();
  });

  it("knows how long the rest takes once a step was taken", () => {
    const pace = new StepPace(10);
    expect(pace.secondsLeft(0)).toBeUndefined();
    pace.stepped(2);
    expect(pace.secondsLeft(4)).toBe(12);
    expect(pace.secondsLeft(11)).toBe(0);
  });

  it("spreads what happens now and then over the run, by the step's number alone", () => {
    const due = new StepPace(100).cadence(4);
    expect([0, 1, 24, 25, 50, 99, 100].map(due)).toEqual([true, false, false, true, true, false, true]);
    expect(new StepPace(3).cadence(20)(1)).toBe(true);
  });
});

describe("ClockPace", () => {
  /** A run of 100 s with a clock that the test sets. */
  function clocked(steps: { step: number; visit: number }) {
    const clock = { elapsed: 0, begun: 0 };
    const pace = new ClockPace(100, clock, (share) => 1 - share);
    pace.stepped(steps.step);
    pace.visited(steps.visit);
    return { clock, pace };
  }

  it("lets the learning rate follow the clock to its end, whatever steps take", () => {
    const { clock, pace } = clocked({ step: 1, visit: 0 });
    const rates = [0, 25, 50, 100, 120].map((now) => {
      clock.elapsed = now;
      return pace.rate();
    });
    expect(rates).toEqual([1, 0.75, 0.5, 0, 0]);
  });

  it("begins the schedule at the first step, whatever the preparation took", () => {
    const { clock, pace } = clocked({ step: 1, visit: 0 });
    clock.begun = 40;
    const rates = [40, 55, 70, 100].map((now) => {
      clock.elapsed = now;
      return pace.rate();
    });
    expect(rates).toEqual([1, 0.75, 0.5, 0]);
  });

  it("keeps time for a last step and a last look", () => {
    const { clock, pace } = clocked({ step: 4, visit: 5 });
    clock.elapsed = 89.9;
    expect(pace.goesOn()).toBe(true); // the end takes 6 s, so steps may run until 94 s
    clock.elapsed = 90.1;
    expect(pace.goesOn()).toBe(false);
    expect(pace.secondsLeft()).toBeCloseTo(9.9);
  });

  it("ends on time when it is driven by a fake clock", () => {
    const clock = { elapsed: 3, begun: 3 }; // the preparation takes 3 s
    const pace = new ClockPace(60, clock, () => 1);
    const look = pace.cadence(10);
    let steps = 0;
    let visited = -1;
    const visit = () => {
      if (visited === steps) return;
      visited = steps;
      clock.elapsed += 0.8;
      pace.visited(0.8);
    };
    if (look(steps)) visit();
    while (pace.goesOn()) {
      const seconds = steps % 7 === 0 ? 0.5 : 0.3;
      clock.elapsed += seconds;
      pace.stepped(seconds);
      steps++;
      if (look(steps)) visit();
    }
    visit();
    expect(clock.elapsed).toBeLessThanOrEqual(60);
    expect(clock.elapsed).toBeGreaterThan(58);
  });

  it("gives the steps at least half of the time", () => {
    const { clock, pace } = clocked({ step: 1, visit: 1000 });
    clock.elapsed = 48;
    expect(pace.goesOn()).toBe(true);
    clock.elapsed = 51;
    expect(pace.goesOn()).toBe(false);
  });

  it("looks at the model by the clock, for the first time at once", () => {
    const { clock, pace } = clocked({ step: 1, visit: 0 });
    const due = pace.cadence(4);
    const answers = [0, 10, 25, 40, 49.9, 50].map((now) => {
      clock.elapsed = now;
      return due(0);
    });
    expect(answers).toEqual([true, false, true, false, false, true]);
  });
});

describe("everySteps", () => {
  it("counts from the start of the run", () => {
    expect([0, 1, 2, 3, 4, 5, 6].filter(everySteps(3))).toEqual([0, 3, 6]);
  });
});
