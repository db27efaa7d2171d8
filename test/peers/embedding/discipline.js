/** A text to its embedding: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { bertBase } from "../checkpoint/bert.js";
import { middle, notRun, table } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { contenders } from "./contenders.js";
import { folder, tokens, writeBert } from "./model.js";

const script = fileURLToPath(new URL("measure.js", import.meta.url));

/** @type {import("../disciplines.js").Discipline} */
export const embedding = {
  title: "Embedding",
  prepare: () => writeBert(folder, bertBase),
  trials: (nodes, { threads }) =>
    nodes.flatMap((node, i) =>
      contenders
        .filter(({ everyNode }) => i === 0 || everyNode)
        .map(({ name }) => ({ name, node, args: [script, name, String(threads)] })),
    ),
  section({ outcomes, workload: { threads } }) {
    const rows = outcomes
      .filter((outcome) => runsOf(outcome).length > 0)
      .map((outcome) => {
        const runs = runsOf(outcome);
        return [
          outcome.name,
          runs[0].version,
          outcome.node,
          middle(
            runs.map(({ time }) => 1000 * time),
            1,
          ),
          middle(
            runs.map(({ load }) => load),
            2,
          ),
          runs[0].sum.toFixed(5),
        ];
      });
    return [
      `BERT-base in F32 with random weights: a text of ${tokens} tokens to the mean of its hidden states, ${threads} threads. ` +
        "onnxruntime-web is the WASM backend of transformers.js; both get ids, gpt-simd the text.",
      table(["engine", "version", "Node", "a text, ms", "load, s", "sum of 8 numbers"], rows),
      ...notRun(outcomes),
    ];
  },
};
