/** A training step: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { gpt2Tensors, sizeOf } from "../checkpoint/gpt2.js";
import { shapeOf } from "../inference/workload.js";
import { middle, notRun, table } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { contenders } from "./contenders.js";

const script = fileURLToPath(new URL("measure.js", import.meta.url));
const batch = { rows: 4, tokens: 64, steps: 3 };

/** @type {import("../disciplines.js").Discipline} */
export const training = {
  title: "Training",
  trials(nodes, { checkpoint, threads }) {
    const work = JSON.stringify({ checkpoint, shape: shapeOf(checkpoint), threads, ...batch });
    return nodes.flatMap((node, i) =>
      contenders
        .filter(({ everyNode }) => i === 0 || everyNode)
        .map(({ name }) => ({ name, node, args: [script, name, work] })),
    );
  },
  section({ outcomes, workload: { checkpoint, threads } }) {
    const parameters = gpt2Tensors(shapeOf(checkpoint)).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const measured = outcomes.filter((outcome) => runsOf(outcome).length > 0);
    const rows = measured.map((outcome) => {
      const runs = runsOf(outcome);
      const seconds = runs.map(({ speed }) => (batch.rows * batch.tokens) / speed);
      const gigaflops = runs.map(({ speed }) => (6 * parameters * speed) / 1e9);
      const memory = runs.map((run) => run.memory / 1e9);
      return [
        outcome.name,
        runs[0].version,
        outcome.node,
        middle(seconds, 2),
        middle(gigaflops, 0),
        middle(memory, 2),
      ];
    });
    const { rows: B, tokens: T, steps } = batch;
    return [
      `A step of AdamW on all ${(parameters / 1e6).toFixed(0)}M weights in F32: ${B} x ${T} ids, ${threads} threads, ` +
        `the best of ${steps} steps. Floating-point operations: 6 for each weight and token.`,
      table(["engine", "version", "Node", "step, s", "GFLOP/s", "peak memory, GB"], rows),
      ...notRun(outcomes),
      "llm.c's optimized CPU build is not measured here; on another machine of two cores it took 13.4 s a step, 14 GFLOP/s.",
    ];
  },
};
