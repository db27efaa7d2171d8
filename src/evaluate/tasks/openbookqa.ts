/** OpenBookQA (Mihaylov et al. 2018) without the book. */
import type { Fields, Task } from "../task/definition.ts";
import { fieldsInText } from "./answers-in-text.ts";

function ofHub(row: Fields): Fields {
  const { text, label } = row.choices as unknown as { text: string[]; label: string[] };
  return { question: row.question_stem, choices: text, answer: label.indexOf(String(row.answerKey).trim()) };
}

function official(row: Fields): Fields {
  if (row.question_stem !== undefined) return ofHub(row);
  const { stem, choices } = row.question as unknown as {
    stem: string;
    choices: { text: string; label: string }[];
  };
  const answer = choices.findIndex(({ label }) => label === row.answerKey);
  return { question: stem, choices: choices.map(({ text }) => text), answer };
}

export const openbookqa: Task = {
  name: "openbookqa",
  describe: "Facts of science, applied; without the book of facts",
  sources: [
    { files: ["llm_adapters/openbookqa/test.json"], fields: fieldsInText },
    { files: ["openbookqa/test.json"], fields: fieldsInText },
    { files: ["openbookqa/test.jsonl"], fields: official },
    { files: [], hub: { repository: "allenai/openbookqa", config: "main", split: "test" }, fields: official },
  ],
  prompt: "{question}",
  choices: "{choices}",
  target: "{answer}",
  shots: {
    sources: [
      { files: ["llm_adapters/openbookqa/train.json"], fields: fieldsInText },
      { files: ["openbookqa/train.json"], fields: fieldsInText },
      { files: ["openbookqa/train.jsonl"], fields: official },
      {
        files: [],
        hub: { repository: "allenai/openbookqa", config: "main", split: "train" },
        fields: official,
      },
    ],
  },
  metrics: ["acc", "acc_norm"],
};
