import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { DIRECTORY_LOCK, lockDirectory } from "../../../src/files/locks/lock.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

afterEach(() => void vi.unstubAllEnvs());

it("takes the place of an earlier start of its own job, which Slurm has ended on another node", async () => {
  const path = file("requeued");
  mkdirSync(path);
  const place = { pid: 7, host: `${hostname()}-2`, namespace: "", started: "", token: "0123456789ab" };
  writeFileSync(join(path, DIRECTORY_LOCK), JSON.stringify({ ...place, job: "cluster 12", restarts: 0 }));
  const refused = "is being written by process 7";
  vi.stubEnv("SLURM_CLUSTER_NAME", "cluster");
  vi.stubEnv("SLURM_JOB_ID", "12");
  expect((await rejectionOf(lockDirectory(path))).message).toContain(refused);
  vi.stubEnv("SLURM_RESTART_COUNT", "1");
  vi.stubEnv("SLURM_JOB_ID", "13");
  expect((await rejectionOf(lockDirectory(path))).message).toContain(refused);
  vi.stubEnv("SLURM_JOB_ID", "12");
  using _ = await lockDirectory(path);
});

it("the next pod of an index takes over the lock of one that was killed, and no other pod does", async () => {
  const path = file("index");
  mkdirSync(path);
  const killed = { pid: 1, host: hostname(), namespace: "pid:[1]", started: "boot 1", token: "0123456789ab" };
  writeFileSync(join(path, DIRECTORY_LOCK), JSON.stringify({ ...killed, index: "3" }));
  for (const index of [undefined, "4"]) {
    vi.stubEnv("JOB_COMPLETION_INDEX", index);
    expect((await rejectionOf(lockDirectory(path))).message).toContain("is being written by process 1");
  }
  vi.stubEnv("JOB_COMPLETION_INDEX", "3");
  using _ = await lockDirectory(path);
});
