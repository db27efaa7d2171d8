import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { coresOf, coresOfQuota } from "../../src/host/cores.ts";

describe("coresOf", () => {
  it("is at most what Slurm gave a task, and never less than one", () => {
    expect(coresOf({ SLURM_CPUS_PER_TASK: "1" })).toBe(1);
    expect(coresOf({ SLURM_CPUS_PER_TASK: "100000" })).toBe(coresOf({}));
    expect(coresOf({ SLURM_CPUS_PER_TASK: "0" })).toBe(coresOf({}));
    expect(coresOf({ SLURM_CPUS_PER_TASK: "two" })).toBe(coresOf({}));
    expect(coresOf({})).toBeLessThanOrEqual(availableParallelism());
  });
});

describe("coresOfQuota", () => {
  it("reads cpu.max of a control group", () => {
    expect(coresOfQuota("150000 100000\n")).toBe(1.5);
    expect(coresOfQuota("max 100000\n")).toBe(Number.POSITIVE_INFINITY);
    expect(coresOfQuota("0 100000\n")).toBe(Number.POSITIVE_INFINITY);
    expect(coresOfQuota("")).toBe(Number.POSITIVE_INFINITY);
  });
});
