/** Social IQA (Sap et al. 2019): why people do things, and what follows. */
import type { Fields, Task } from "../task/definition.ts";
import { fieldsInText } from "./answers-in-text.ts";

const official = (row: Fields): Fields => ({
  question: `${row.context} ${row.question}`,
  choices: [String(row.answerA), String(row.answerB), String(row.answerC)],
  answer: Number(row.label) - 1,
});

export const socialIqa: Task = {
  name: "social_iqa",
  describe: "Why people do things, and what follows",
  sources: [
    { files: ["llm_adapters/social_i_qa/test.json"], fields: fieldsInText },
    { files: ["social_i_qa/test.json"], fields: fieldsInText },
    { files: ["social_i_qa/dev.jsonl"], labels: "social_i_qa/dev-labels.lst", fields: official },
    { files: [], hub: { repository: "lighteval/siqa", split: "validation" }, fields: official },
    { files: [], hub: { repository: "allenai/social_i_qa", split: "validation" }, fields: official },
  ],
  prompt: "Q: {question}\nA:",
  choices: "{choices}",
  target: "{answer}",
  shots: { leaveOut: true },
  metrics: ["acc"],
};
