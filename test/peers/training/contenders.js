/** Who trains: each takes some steps and tells its best. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { importInternal, importLibrary, orUnavailable, version } from "../library.js";
import { shared } from "../shared.js";
import { seconds, Unavailable } from "../trial.js";

/**
 * @typedef {object} Work
 * @property {string} checkpoint  a directory
 * @property {import("../checkpoint/gpt2.js").Gpt2Shape} shape  of it
 * @property {number} threads
 * @property {number} rows  of a batch
 * @property {number} tokens  ids that a row predicts
 * @property {number} steps  the first of them warms up
 *
 * @typedef {object} Measurement
 * @property {string} version
 * @property {number} speed  trained tokens a second, of the best step
 * @property {number} memory  peak of resident bytes, of ours without Node's own
 * @property {number} [plan]  bytes of weights, gradients, two moments and what backward needs of forward
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} [everyNode]  it runs under all Nodes that are given, not just the first
 * @property {(work: Work) => Promise<Measurement>} train
 */

/** @type {readonly Contender[]} */
export const contenders = [
  { name: "gpt-simd", train: gptSimd("plain") },
  { name: "gpt-simd relaxed", train: gptSimd("relaxed"), everyNode: true },
  { name: "PyTorch", train: torch },
];

/** @param {"plain" | "relaxed"} simd @returns {Contender["train"]} */
function gptSimd(simd) {
  return async ({ checkpoint, shape, threads, rows, tokens, steps }) => {
    const { createTrainer } = await importLibrary();
    const baseline = process.memoryUsage.rss();
    const trainer = await orUnavailable(createTrainer({ model: checkpoint, lr: 1e-4, steps, threads, simd }));
    let best = Number.POSITIVE_INFINITY;
    for (let step = 0; step < steps; step++) {
      const batch = Array.from({ length: rows }, (_, row) =>
        Array.from(
          { length: tokens + 1 },
          (_, i) => ((step * rows + row) * 7919 + i * 104729) % shape.vocab_size,
        ),
      );
      const elapsed = await seconds(async () => {
        await trainer.step(batch);
      });
      best = Math.min(best, elapsed);
    }
    const memory = process.resourceUsage().maxRSS * 1024 - baseline;
    return {
      version,
      speed: (rows * tokens) / best,
      memory,
      plan: await plannedBytes(checkpoint, rows * tokens),
    };
  };
}

/** @param {string} checkpoint @param {number} tokens  of a batch */
async function plannedBytes(checkpoint, tokens) {
  const modules = ["checkpoint/open.js", "families/parse.js", "train/memory-plan.js"];
  const [{ openCheckpoint }, { parseModel }, { trainingMemory }] = await Promise.all(
    modules.map(importInternal),
  );
  const { config } = await parseModel(await openCheckpoint(checkpoint));
  const { parameters, activations } = trainingMemory(config, tokens);
  return parameters + activations;
}

/** @type {Contender["train"]} */
async function torch({ shape, threads, rows, tokens, steps }) {
  const script = shared("peers/torch_train.py");
  const python = await pythonWithTorch();
  const sizes = [shape.n_layer, shape.n_head, shape.n_embd, shape.vocab_size, tokens, rows, steps];
  const { stdout } = await run(python, ["-c", withMemory, script, ...[threads, ...sizes].map(String)]);
  const [, speed] = stdout.match(/best (\d+) tok\/s/) ?? [];
  const [version, kilobytes] = stdout.trimEnd().split("\n").at(-1)?.split(" ") ?? [];
  if (speed === undefined) throw new Error(`no speed in what ${script} printed`);
  return { version, speed: Number(speed), memory: Number(kilobytes) * 1024 };
}

const run = promisify(execFile);

/** Runs a script, then tells torch's version and the peak of resident memory. */
const withMemory = `
import sys, runpy, resource, torch
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
print(torch.__version__, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
`;

/** The first Python that has torch; Debian's may stand behind another one. */
async function pythonWithTorch() {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = await run(python, ["-c", "import torch"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  throw new Unavailable("no python3 with torch: Debian's python3-torch and libopenblas0-pthread");
}
