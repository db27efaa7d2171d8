/** BoolQ (Clark et al. 2019): yes or no, with the passage, or without it ("closed book"). */
import type { Fields, Task } from "../task/definition.ts";

const official = (row: Fields): Fields => ({
  ...row,
  label: Number(row.label === true || row.label === 1 || row.answer === true),
});

export const boolq: Task = {
  name: "boolq",
  describe: "Yes or no, by a passage",
  groups: ["super_glue"],
  sources: [
    { files: ["BoolQ/val.jsonl"], fields: official },
    { files: ["boolq/dev.jsonl"], fields: official },
    {
      files: [],
      hub: { repository: "aps/super_glue", config: "boolq", split: "validation" },
      fields: official,
    },
  ],
  prompt: "{passage}\nQuestion: {question}?\nAnswer:",
  choices: ["no", "yes"],
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      { files: ["BoolQ/train.jsonl"], fields: official },
      { files: [], hub: { repository: "aps/super_glue", config: "boolq", split: "train" }, fields: official },
    ],
  },
  metrics: ["acc"],
};

function closed(row: Fields): Fields {
  const text = String(row.instruction);
  const begin = text.indexOf("question: ") + "question: ".length;
  const question = text.slice(begin, text.indexOf("\n\n", begin)).replace(/\?$/, "");
  return { question, label: Number(row.answer === "true") };
}

export const boolqClosed: Task = {
  name: "boolq_closed",
  describe: "The questions of BoolQ without their passages: not to be compared with BoolQ",
  sources: [
    { files: ["llm_adapters/boolq/test.json"], fields: closed },
    { files: ["boolq/test.json"], fields: closed },
  ],
  prompt: "Question: {question}?\nAnswer:",
  choices: ["no", "yes"],
  target: "{label}",
  shots: { leaveOut: true },
  metrics: ["acc"],
};
