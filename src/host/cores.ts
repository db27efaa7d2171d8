/** How many cores a process may use: the least of the machine's, a container's and the scheduler's. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";

/** At least 1. */
export function coresOf(environment: NodeJS.ProcessEnv): number {
  const given = Number(environment.SLURM_CPUS_PER_TASK);
  const scheduled = Number.isInteger(given) && given >= 1 ? given : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(availableParallelism(), scheduled, Math.ceil(quotaOfGroup())));
}

const GROUPS = "/sys/fs/cgroup";

/** Cores that the control groups of this process allow (cgroup v2, cpu.max); infinite without a limit. */
function quotaOfGroup(): number {
  const [, path] = /^0::(\/.*)$/m.exec(textOf("/proc/self/cgroup")) ?? [];
  if (path === undefined) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let group = path; ; group = dirname(group)) {
    least = Math.min(least, coresOfQuota(textOf(`${GROUPS}${group}/cpu.max`)));
    if (group === "/") return least;
  }
}

/** `QUOTA PERIOD` in microseconds; `max` is no limit. */
export function coresOfQuota(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text) ?? [];
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Number.POSITIVE_INFINITY;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
