/** The shapes of models that people have, beside a native llama-bench: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { middle, notRun, table } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { writeModel } from "./model.js";

const script = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import("../disciplines.js").Discipline} */
export const native = {
  title: "Beside native llama.cpp",
  trials(nodes, workload) {
    if (workload.llamaBench === "") return [];
    const given = JSON.stringify(workload);
    return workload.models.flatMap((model) => {
      writeModel(model);
      const ours = nodes.map((node) => ({
        name: `gpt-simd ${model}`,
        node,
        args: [script("measure.js"), model, given],
      }));
      const theirs = {
        name: `llama-bench ${model}`,
        node: nodes[0],
        args: [script("llama-bench.js"), model, given],
      };
      return [...ours, theirs];
    });
  },
  section({ outcomes, workload: { threads, prompt, generate, long } }) {
    const rows = outcomes
      .filter((outcome) => runsOf(outcome).length > 0)
      .map((outcome) => {
        const runs = runsOf(outcome);
        const speeds = ["prompt", "generation", "longPrompt", "longGeneration"];
        const cells = speeds.map((key) =>
          middle(
            runs.flatMap((run) => run[key] ?? []),
            1,
          ),
        );
        return [outcome.name, runs[0].version, outcome.node, runs[0].simd ?? "", ...cells];
      });
    const units = [
      `prompt of ${prompt}`,
      `${generate} ids`,
      `prompt of ${long}`,
      `${generate} ids after ${long}`,
    ];
    return [
      `Llama shapes with random blocks, tokens a second. Threads: ${threads}. llama-bench runs natively.`,
      table(["engine", "version", "Node", "kernels", ...units], rows),
      ...notRun(outcomes),
    ];
  },
};
