/** A source to another text: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { t5Small } from "../checkpoint/t5.js";
import { middle, notRun, table } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { contenders } from "./contenders.js";
import { folder, work, writeT5 } from "./model.js";

const script = fileURLToPath(new URL("measure.js", import.meta.url));

/** @type {import("../disciplines.js").Discipline} */
export const translation = {
  title: "Translation",
  prepare: () => writeT5(folder, t5Small),
  trials: (nodes, { threads }) =>
    nodes.flatMap((node, i) =>
      contenders
        .filter(({ everyNode }) => i === 0 || everyNode)
        .map(({ name }) => ({ name, node, args: [script, name, String(threads)] })),
    ),
  section({ outcomes, workload: { threads } }) {
    const measured = outcomes.filter((outcome) => runsOf(outcome).length > 0);
    const rows = measured.map((outcome) => {
      const runs = runsOf(outcome);
      const isSame = runs[0].checksum === runsOf(measured[0])[0].checksum;
      return [
        outcome.name,
        runs[0].version,
        outcome.node,
        middle(
          runs.map(({ speed }) => speed),
          1,
        ),
        middle(
          runs.map(({ load }) => load),
          2,
        ),
        isSame ? "yes" : "no",
      ];
    });
    return [
      `T5-small in F32 with random weights: ${work.source} ids read, ${work.generate} greedy ids written, ${threads} threads. ` +
        "onnxruntime-web is the WASM backend of transformers.js.",
      table(["engine", "version", "Node", "ids a second", "load, s", "the same ids"], rows),
      ...notRun(outcomes),
    ];
  },
};
