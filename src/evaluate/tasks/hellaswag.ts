/** HellaSwag (Zellers et al. 2019): how a scene goes on. */
import type { Fields, Task } from "../task/definition.ts";

const cleaned = (text: string): string =>
  text
    .trim()
    .replaceAll(" [title]", ". ")
    .replace(/\[.*?\]/g, "")
    .replaceAll("  ", " ");

/** Python's str.capitalize: the first letter large, all others small. */
function capitalized(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

function official(row: Fields): Fields {
  const context = `${row.activity_label}: ${row.ctx_a} ${capitalized(String(row.ctx_b))}`;
  const endings = row.endings as readonly string[];
  return { context: cleaned(context), endings: endings.map(cleaned), label: String(row.label) };
}

/** The file of six lines has the two parts of a context joined: its end begins with a small letter. */
function joined(row: Fields): Fields {
  const [context = "", label, ...endings] = row.lines as readonly string[];
  const place = /(?<=[.!?] )[a-z][^.!?]*$/.exec(context)?.index ?? context.length;
  const repaired = context.slice(0, place) + capitalized(context.slice(place));
  return { context: cleaned(repaired), endings: endings.map(cleaned), label };
}

export const hellaswag: Task = {
  name: "hellaswag",
  describe: "Which of four endings follows a scene",
  sources: [
    { files: ["hellaswag/hellaswag_val.jsonl"], fields: official },
    { files: ["hellaswag_val.jsonl"], fields: official },
    { files: ["hellaswag/validation.jsonl"], fields: official },
    { files: ["hellaswag/hellaswag_val_full.txt"], lines: 6, fields: joined },
    { files: ["hellaswag/hellaswag_val_full.txt.bz2"], lines: 6, fields: joined },
    { files: [], hub: { repository: "Rowan/hellaswag", split: "validation" }, fields: official },
  ],
  prompt: "{context}",
  choices: "{endings}",
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      { files: ["hellaswag/hellaswag_train.jsonl"], fields: official },
      { files: [], hub: { repository: "Rowan/hellaswag", split: "train" }, fields: official },
    ],
  },
  metrics: ["acc", "acc_norm"],
};
