/** A job array of a real Slurm, with tasks that are killed and requeued, makes the bytes of one run. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { root } from "../habits/sources.ts";
import { bin, commandFolder } from "./command-folder.ts";
import { missing, Slurm, stateOf } from "./slurm.ts";

const file = temporaryFolder();
const PROMPTS = 1000;
const TASKS = 8;
const SETTINGS = ["-n", "12", "-t", "1", "-q"];

const lines = (path: string): number => readFileSync(path, "utf8").split("\n").length - 1;

function writePrompts(): string {
  const words = ["Once", "The dog", "A small boat", "Mia and Tom", "In the garden", "It rained"];
  const path = file("prompts.jsonl");
  const prompt = (i: number) => ({ id: i, prompt: `${words[i % words.length]} ${i}`, seed: i });
  writeFileSync(path, Array.from({ length: PROMPTS }, (_, i) => `${JSON.stringify(prompt(i))}\n`).join(""));
  return path;
}

describe.skipIf(missing !== undefined)("a job array of Slurm", () => {
  it("is killed, requeued and gathered: the bytes of one run", async () => {
    const prompts = writePrompts();
    const whole = file("whole.jsonl");
    execFileSync(process.execPath, [
      bin,
      "generate",
      "--jsonl",
      "-f",
      prompts,
      "-s",
      "1",
      ...SETTINGS,
      "-o",
      whole,
    ]);
    process.env.PATH = `${commandFolder(file("bin"))}:${process.env.PATH}`;
    mkdirSync(file("slurm"));
    mkdirSync(file("parts"));
    await using slurm = new Slurm(file("slurm"), 26817);
    await slurm.ready();
    const script = join(root, "deploy/slurm/array.sbatch");
    const options = [
      "--parsable",
      `--array=1-${TASKS}`,
      "--cpus-per-task=1",
      `--chdir=${file()}`,
      "--export=ALL",
    ];
    const job = slurm.run("sbatch", ...options, script, prompts, ...SETTINGS);
    const part = (task: number) => file(`parts/${task}.jsonl`);
    const hasBegun = (task: number) => existsSync(part(task)) && lines(part(task)) > 3;
    for (const task of [2, 5]) {
      await slurm.until(`task ${task} writes`, () => hasBegun(task));
      slurm.run("scancel", "--signal=KILL", `${job}_${task}`);
      await slurm.until(`task ${task} has ended`, () => stateOf(slurm, job, task) !== "RUNNING");
      slurm.run("scontrol", "requeue", `${job}_${task}`);
    }
    // A requeue of a task that runs: Slurm ends it itself.
    await slurm.until("task 7 writes", () => hasBegun(7));
    slurm.run("scontrol", "requeue", `${job}_7`);
    await slurm.until("the array ends", () => slurm.run("squeue", "-h") === "", 600);
    const parts = Array.from({ length: TASKS }, (_, i) => part(i + 1));
    const joined = file("joined.jsonl");
    execFileSync(process.execPath, [bin, "gather", ...parts, "-o", joined, "-q"]);
    expect(readFileSync(joined)).toEqual(readFileSync(whole));
  }, 900_000);
});
