import { describe, expect, it } from "vitest";
import { parseShard } from "../../src/shards/parse-shard.ts";

describe("parseShard", () => {
  it("reads I/N from 1", () => {
    expect(parseShard("2/8", {})).toEqual({ index: 1, count: 8 });
    expect(parseShard(" 8/8 ", {})).toEqual({ index: 7, count: 8 });
  });

  it.each(["0/8", "9/8", "1/0", "1", "/3", "-1/2", "1/9999999", "1.5/2", "a/b", ""])("refuses %j", (text) => {
    expect(() => parseShard(text, {})).toThrow(/^expected I\/N with I from 1 to N/);
  });

  it.each([
    [
      "a job array from 5 to 7",
      { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_COUNT: "3" },
      2,
      3,
    ],
    [
      "a job array with steps",
      {
        SLURM_ARRAY_TASK_ID: "8",
        SLURM_ARRAY_TASK_MIN: "0",
        SLURM_ARRAY_TASK_STEP: "4",
        SLURM_ARRAY_TASK_COUNT: "3",
      },
      2,
      3,
    ],
    ["srun", { SLURM_PROCID: "3", SLURM_STEP_NUM_TASKS: "4", SLURM_NTASKS: "8" }, 3, 4],
    ["srun of old", { SLURM_PROCID: "3", SLURM_NTASKS: "4" }, 3, 4],
    ["Kubernetes", { JOB_COMPLETION_INDEX: "0", JOB_COMPLETION_COUNT: "5" }, 0, 5],
    ["Open MPI", { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2" }, 1, 2],
    ["MPI", { PMI_RANK: "1", PMI_SIZE: "2" }, 1, 2],
    [
      "srun in a job array",
      {
        SLURM_ARRAY_TASK_ID: "2",
        SLURM_ARRAY_TASK_MIN: "1",
        SLURM_ARRAY_TASK_COUNT: "3",
        SLURM_PROCID: "1",
        SLURM_STEP_NUM_TASKS: "2",
      },
      3,
      6,
    ],
    [
      "the script of a job array whose jobs have several tasks",
      {
        SLURM_ARRAY_TASK_ID: "2",
        SLURM_ARRAY_TASK_MIN: "1",
        SLURM_ARRAY_TASK_COUNT: "3",
        SLURM_PROCID: "0",
        SLURM_NTASKS: "2",
      },
      1,
      3,
    ],
  ])("auto: %s", (_, environment, index, count) => {
    expect(parseShard("auto", environment)).toEqual({ index, count });
  });

  it("auto/N gives the count that a scheduler keeps to itself", () => {
    const environment = { JOB_COMPLETION_INDEX: "3" };
    expect(parseShard("auto/8", environment)).toEqual({ index: 3, count: 8 });
    expect(() => parseShard("auto", environment)).toThrow("does not say how many: give auto/N");
    expect(() => parseShard("auto/3", environment)).toThrow("has index 3 from 0, expected one below 3");
  });

  it("says that no scheduler is there", () => {
    expect(() => parseShard("auto", { SLURM_PROCID: "x" })).toThrow("no scheduler started this");
  });
});
