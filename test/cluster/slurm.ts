/** A Slurm of one node for a test: its two daemons run as long as it is used, with all their files in a folder. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Tasks that may run at once, whatever the cores of the machine. */
const CPUS = 8;
const POLL_MS = 200;

const configuration = (folder: string, port: number): string => `ClusterName=test
SlurmctldHost=localhost
SlurmctldPort=${port}
SlurmdPort=${port + 1}
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
NodeName=localhost CPUs=${CPUS} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;

export class Slurm implements AsyncDisposable {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #daemons;

  /** @param folder an empty one */
  constructor(folder: string, port: number) {
    for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
    const path = join(folder, "slurm.conf");
    writeFileSync(path, configuration(folder, port));
    this.#environment = { ...process.env, SLURM_CONF: path };
    this.#daemons = ["slurmctld", "slurmd"].map((program) =>
      spawn(program, ["-D"], { env: this.#environment, stdio: "ignore" }),
    );
  }

  run(program: string, ...args: readonly string[]): string {
    return execFileSync(program, args, { env: this.#environment, encoding: "utf8" }).trim();
  }

  /** Resolves once `holds`. @throws Error after a while */
  async until(what: string, holds: () => boolean, seconds = 120): Promise<void> {
    for (let waited = 0; waited < seconds * 1000; waited += POLL_MS) {
      try {
        if (holds()) return;
      } catch {} // a daemon is not up yet
      await setTimeout(POLL_MS);
    }
    throw new Error(`${what}: not within ${seconds} s`);
  }

  async ready(): Promise<void> {
    await this.until("the node is idle", () => this.run("sinfo", "-h", "-o", "%T") === "idle");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons.reverse()) {
      daemon.kill("SIGTERM");
      if (daemon.exitCode === null) await new Promise((resolve) => daemon.once("exit", resolve));
    }
  }
}

/** Why Slurm cannot run here; undefined if it can. */
export const missing = reason();
if (missing !== undefined) process.stderr.write(`test/cluster: Slurm is skipped: ${missing}\n`);

function reason(): string | undefined {
  if (process.getuid?.() !== 0) return "its daemons need root";
  try {
    for (const program of ["slurmctld", "slurmd", "sbatch"]) execFileSync("which", [program]);
    return undefined;
  } catch {
    return "slurm-wlm is not installed";
  }
}

/** Of a task of an array. */
export const stateOf = (slurm: Slurm, job: string, task: number): string =>
  /JobState=(\w+)/.exec(slurm.run("scontrol", "show", "job", `${job}_${task}`))?.[1] ?? "";
