import { describe, expect, it } from "vitest";
import { RunClock } from "../../../src/train/run/run-clock.ts";

describe("RunClock", () => {
  it("counts all processes of a run, and keeps the time of its first step", () => {
    let now = 5000;
    const first = new RunClock(null, 1000, () => now);
    expect([first.elapsed, first.begun, first.toJson()]).toEqual([4, 0, { elapsed: 4 }]);
    first.begin();
    now = 9000;
    first.begin();
    const saved = first.toJson();
    expect(saved).toEqual({ elapsed: 8, begun: 4 });

    const second = new RunClock(saved, 100_000, () => 103_000);
    second.begin();
    expect(second.toJson()).toEqual({ elapsed: 11, begun: 4 });
  });

  it("takes a run from before the time of the first step was kept", () => {
    const clock = new RunClock({ elapsed: 7 }, 0, () => 1000);
    expect([clock.elapsed, clock.begun]).toEqual([8, 0]);
  });
});
