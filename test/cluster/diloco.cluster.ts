/** Four replicas on a real Slurm, of which one loses its node and comes back, end with one model. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { root } from "../habits/sources.ts";
import { commandFolder } from "./command-folder.ts";
import { missing, Slurm, stateOf } from "./slurm.ts";

const file = temporaryFolder();
const REPLICAS = 4;
const STEPS = 400;
const INNER = 20;
const MODEL = ["--layers", "1", "--heads", "2", "--width", "64", "--context", "64", "--vocab-size", "300"];
const RUN = ["--steps", String(STEPS), "--inner-steps", String(INNER), "--wait", "5"];
const SETTINGS = [
  ...MODEL,
  ...RUN,
  "--batch",
  "2",
  "--sample-every",
  "0",
  "--eval-every",
  "30",
  "-t",
  "1",
  "-q",
];

function writeStories(): string {
  const words = ["the", "cat", "saw", "a", "dog", "and", "ran", "home", "then", "it", "slept"];
  const story = (i: number) => Array.from({ length: 60 }, (_, k) => words[(i * 7 + k * k) % words.length]);
  const stories = Array.from({ length: 120 }, (_, i) => `${story(i).join(" ")}.\n<|endoftext|>\n`);
  writeFileSync(file("stories.txt"), stories.join(""));
  return file("stories.txt");
}

describe.skipIf(missing !== undefined)("replicas on Slurm", () => {
  it("lose one of four, go on, and take it back", async () => {
    const stories = writeStories();
    process.env.PATH = `${commandFolder(file("bin"))}:${process.env.PATH}`;
    mkdirSync(file("slurm"));
    await using slurm = new Slurm(file("slurm"), 26827);
    await slurm.ready();
    const script = join(root, "deploy/slurm/replicas.sbatch");
    const options = ["--parsable", `--array=1-${REPLICAS}`, "--cpus-per-task=1", `--chdir=${file()}`];
    const job = slurm.run("sbatch", ...options, "--export=ALL", script, stories, ...SETTINGS);
    const outerOf = () => {
      const names = existsSync(file("meeting")) ? readdirSync(file("meeting")) : [];
      return Math.max(-1, ...names.map((name) => Number(/^outer-(\d+)\./.exec(name)?.[1] ?? -1)));
    };
    await slurm.until("the second outer step", () => outerOf() >= 2, 300);
    slurm.run("scancel", "--signal=KILL", `${job}_3`);
    await slurm.until("task 3 has ended", () => stateOf(slurm, job, 3) !== "RUNNING");
    const lost = outerOf();
    await slurm.until("the others go on", () => outerOf() >= lost + 2, 300);
    slurm.run("scontrol", "requeue", `${job}_3`);
    slurm.run("scontrol", "update", `JobId=${job}_3`, "StartTime=now"); // Slurm would let it wait for minutes
    await slurm.until("the array ends", () => slurm.run("squeue", "-h") === "", 600);
    const weights = Array.from({ length: REPLICAS }, (_, i) =>
      readFileSync(file("runs", String(i + 1), "last", "model.safetensors")),
    );
    for (const own of weights) expect(own.equals(weights[0] as Buffer)).toBe(true);
    expect(outerOf()).toBeGreaterThanOrEqual(STEPS / INNER);
    const list = JSON.parse(readFileSync(file("meeting", `step-${outerOf() - 1}.json`), "utf8"));
    expect(list).toMatchObject({ steps: STEPS, replicas: [1, 2, 3, 4] });
  }, 900_000);
});
