/** PIQA (Bisk et al. 2020): which of two ways reaches a goal. */
import type { Task } from "../task/definition.ts";

export const piqa: Task = {
  name: "piqa",
  describe: "Which of two ways reaches a goal",
  sources: [
    { files: ["piqa/valid.jsonl"], labels: "piqa/valid-labels.lst" },
    { files: ["valid.jsonl"], labels: "valid-labels.lst" },
    { files: ["piqa/validation.jsonl"] },
    { files: [], hub: { repository: "baber/piqa", split: "validation" } },
    { files: [], hub: { repository: "ybisk/piqa", split: "validation" } },
  ],
  prompt: "Question: {goal}\nAnswer:",
  choices: ["{sol1}", "{sol2}"],
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      { files: ["piqa/train.jsonl"], labels: "piqa/train-labels.lst" },
      { files: [], hub: { repository: "baber/piqa", split: "train" } },
    ],
  },
  metrics: ["acc", "acc_norm"],
};
