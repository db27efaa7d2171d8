/** The place of a process among its siblings, as the scheduler that started them says it. */
import { GptError } from "../errors.ts";
import type { Shard } from "./shard.ts";

/** Names of environment variables. */
interface Scheduler {
  readonly name: string;
  readonly index: string;
  /** The smallest index. Default 0. */
  readonly first?: string;
  /** What the index grows by from one process to the next. Default 1. */
  readonly step?: string;
  /** The first that is set counts. */
  readonly counts: readonly string[];
  /** Whether it counts outside a job array only. The script of an array's job has variables of tasks, too. */
  readonly isAlone?: boolean;
}

/** A job array. Each of its jobs may start several tasks. */
const jobs: readonly Scheduler[] = [
  {
    name: "Slurm's job array",
    index: "SLURM_ARRAY_TASK_ID",
    first: "SLURM_ARRAY_TASK_MIN",
    step: "SLURM_ARRAY_TASK_STEP",
    counts: ["SLURM_ARRAY_TASK_COUNT"],
  },
  {
    name: "Kubernetes' indexed job",
    index: "JOB_COMPLETION_INDEX",
    counts: ["JOB_COMPLETION_COUNT", "JOB_COMPLETIONS"],
  },
];

/** Tasks of one job. */
const tasks: readonly Scheduler[] = [
  { name: "srun", index: "SLURM_PROCID", counts: ["SLURM_STEP_NUM_TASKS"] },
  { name: "Slurm", index: "SLURM_PROCID", counts: ["SLURM_NTASKS"], isAlone: true },
  { name: "Open MPI", index: "OMPI_COMM_WORLD_RANK", counts: ["OMPI_COMM_WORLD_SIZE"] },
  { name: "PMIx", index: "PMIX_RANK", counts: ["PMIX_SIZE", "PMI_SIZE"] },
  { name: "MPI", index: "PMI_RANK", counts: ["PMI_SIZE"] },
];

const KNOWN = "SLURM_ARRAY_TASK_ID, SLURM_PROCID, JOB_COMPLETION_INDEX, OMPI_COMM_WORLD_RANK or PMI_RANK";

/**
 * @param count of all processes, where the scheduler does not say it
 * @throws GptError `usage` outside a scheduler, without a count, and for an index beyond the count
 */
export function shardFromEnvironment(environment: NodeJS.ProcessEnv, count: number | undefined): Shard {
  const job = find(jobs, environment);
  const known = job === undefined ? tasks : tasks.filter(({ isAlone = false }) => !isAlone);
  const task = find(known, environment);
  const alone = job ?? task;
  if (alone === undefined) {
    throw new GptError("usage", `auto: no scheduler started this (${KNOWN} is not set): give I/N`);
  }
  if (job === undefined || task === undefined || task.count === undefined) return checked(alone, count);
  if (job.count === undefined) return checked(job, count);
  const name = `${job.name} with ${task.name}`;
  const index = job.index * task.count + task.index;
  return checked({ name, index, count: job.count * task.count }, count);
}

interface Place {
  readonly name: string;
  readonly index: number;
  readonly count: number | undefined;
}

function find(schedulers: readonly Scheduler[], environment: NodeJS.ProcessEnv): Place | undefined {
  const number = (name: string | undefined) => {
    const text = name === undefined ? undefined : environment[name];
    return text === undefined || !/^\d{1,15}$/.test(text) ? undefined : Number(text);
  };
  const places = schedulers.flatMap(({ name, index, first, step, counts }) => {
    const place = number(index);
    if (place === undefined) return [];
    const count = counts.map(number).find((value) => value !== undefined);
    return [{ name, index: (place - (number(first) ?? 0)) / Math.max(1, number(step) ?? 1), count }];
  });
  return places.find(({ count }) => count !== undefined) ?? places[0];
}

function checked({ name, index, count }: Place, given: number | undefined): Shard {
  const total = given ?? count;
  if (total === undefined) throw new GptError("usage", `auto: ${name} does not say how many: give auto/N`);
  if (Number.isInteger(index) && index >= 0 && index < total) return { index, count: total };
  throw new GptError("usage", `auto: ${name} has index ${index} from 0, expected one below ${total}`);
}
