/** Text to ids: the trials, and what RESULTS.md tells of them. */
import { fileURLToPath } from "node:url";
import { middle, notRun, table } from "../markdown.js";
import { runsOf } from "../rounds.js";
import { contenders } from "./contenders.js";

const script = fileURLToPath(new URL("measure.js", import.meta.url));

/** @type {import("../disciplines.js").Discipline} */
export const tokenization = {
  title: "Tokenization",
  trials: ([node]) => contenders.map(({ name }) => ({ name, node, args: [script, name] })),
  section({ outcomes }) {
    const measured = outcomes.filter((outcome) => runsOf(outcome).length > 0);
    const rows = measured.map((outcome) => {
      const runs = runsOf(outcome);
      const speeds = runs.map(({ speed }) => speed / 1e6);
      const isSame = runs[0].checksum === runsOf(measured[0])[0].checksum;
      return [
        outcome.name,
        runs[0].version,
        middle(speeds, 2),
        String(runs[0].tokens),
        isSame ? "yes" : "no",
      ];
    });
    return [
      "10 MB of children's books to the ids of GPT-2, book by book, after 1 MB of warm-up.",
      table(["tokenizer", "version", "MB/s", "ids", "the same ids"], rows),
      ...notRun(outcomes),
    ];
  },
};
