/** The owner of a lock: a process, and whether it still lives. */
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isJsonObject } from "../json.ts";

export interface Owner {
  readonly pid: number;
  /** Name of the machine. */
  readonly host: string;
  /** Namespace of the process id: containers of one host name number their processes anew. */
  readonly namespace: string;
  /**
   * When the process started, or an empty text without /proc. It distinguishes processes with the same id.
   */
  readonly started: string;
  /** Random, different for each lock. */
  readonly token: string;
  /** The job of Slurm that the process belongs to, if any. */
  readonly job?: string | undefined;
  /** How often Slurm has started the job again. */
  readonly restarts?: number | undefined;
  /** The index of the process in an indexed job of Kubernetes, if any. */
  readonly index?: string | undefined;
}

/**
 * The owner that a lock file names. Undefined for a missing file and for any other content. Only a regular
 * file is opened: the opening of a pipe would wait for its writer.
 */
export function readOwner(file: string): Owner | undefined {
  try {
    if (!lstatSync(file).isFile()) return undefined;
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isJsonObject(value)) return undefined;
    const { pid, host, namespace, started, token } = value;
    const texts = [host, namespace, started].every((text) => typeof text === "string");
    const isOwner =
      Number.isSafeInteger(pid) && Number(pid) > 0 && texts && /^[\da-f]{12}$/.test(String(token));
    return isOwner ? (value as unknown as Owner) : undefined;
  } catch {
    return undefined;
  }
}

export const thisProcess = (token: string): Owner => ({
  pid: process.pid,
  host: hostname(),
  namespace: pidNamespace(),
  started: statusOf(process.pid)?.started ?? "",
  token,
  ...slurmJob(),
  index: process.env.JOB_COMPLETION_INDEX,
});

/** A job that is requeued keeps its id, and starts after all processes of its last start have ended. */
function slurmJob(): Pick<Owner, "job" | "restarts"> {
  const { SLURM_JOB_ID: job, SLURM_CLUSTER_NAME: cluster = "", SLURM_RESTART_COUNT = "0" } = process.env;
  return job === undefined ? {} : { job: `${cluster} ${job}`, restarts: Number(SLURM_RESTART_COUNT) };
}

/** Whether the owner belongs to an earlier start of the job of this process. */
function isRequeued({ job, restarts, host, index }: Owner): boolean {
  const own = slurmJob();
  const isOfSlurm = job !== undefined && job === own.job && Number(restarts) < Number(own.restarts);
  return (
    isOfSlurm || (index !== undefined && index === process.env.JOB_COMPLETION_INDEX && host === hostname())
  );
}

/** Whether the owner runs on another machine or in another container. */
export const isElsewhere = ({ host, namespace }: Owner): boolean =>
  host !== hostname() || namespace !== pidNamespace();

/**
 * Whether the owner lives. An owner on another machine or in another container cannot be seen, and counts as
 * alive, unless this process is a later start of its job. In an indexed job of Kubernetes the pods of an index
 * share their host name, and the next one starts after the last one has ended (podReplacementPolicy: Failed).
 */
export function isAlive(owner: Owner): boolean {
  if (isElsewhere(owner)) return !isRequeued(owner);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const status = statusOf(owner.pid);
  if (status === undefined) return true;
  return !status.ended && (owner.started === "" || owner.started === status.started);
}

interface ProcessStatus {
  /** A process whose parent has not asked for its exit status yet. */
  readonly ended: boolean;
  /** The boot of the machine, and the time since then. */
  readonly started: string;
}

/** Undefined without /proc, and if it hides the processes of other users. */
function statusOf(pid: number): ProcessStatus | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the name, in brackets, may hold spaces; the state follows it, and the start is field 22.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return { ended: /^[ZX]/.test(fields[0] ?? ""), started: `${boot} ${fields[22 - 3]}` };
  } catch {
    return undefined;
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

export const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;
