/** ARC (Clark et al. 2018): questions of science for schools. */
import type { Fields, Task } from "../task/definition.ts";
import { fieldsInText } from "./answers-in-text.ts";

/** `question` is a text, or holds stem and choices; `choices` has texts and labels. */
function official(row: Fields): Fields {
  const inner = row.question as Fields | string;
  const stem = typeof inner === "string" ? inner : inner.stem;
  const given = (typeof inner === "string" ? row.choices : inner.choices) as unknown;
  const list = given as { text: string[]; label: string[] } & readonly { text: string; label: string }[];
  const texts = Array.isArray(list) ? list.map(({ text }) => text) : list.text;
  const labels = Array.isArray(list) ? list.map(({ label }) => label) : list.label;
  return { question: stem, choices: texts, answer: labels.indexOf(String(row.answerKey)) };
}

const arc = (name: string, folder: string, describe: string): Task => ({
  name,
  describe,
  sources: [
    { files: [`llm_adapters/${folder}/test.json`], fields: fieldsInText },
    { files: [`${folder}/test.json`], fields: fieldsInText },
    { files: [`${folder}/test.jsonl`], fields: official },
    { files: [`${folder}/${folder}-Test.jsonl`], fields: official },
    { files: [], hub: { repository: "allenai/ai2_arc", config: folder, split: "test" }, fields: official },
  ],
  prompt: "Question: {question}\nAnswer:",
  choices: "{choices}",
  target: "{answer}",
  shots: {
    sources: [
      { files: [`llm_adapters/${folder}/train.json`], fields: fieldsInText },
      { files: [`${folder}/train.json`], fields: fieldsInText },
      { files: [`${folder}/train.jsonl`], fields: official },
      { files: [], hub: { repository: "allenai/ai2_arc", config: folder, split: "train" }, fields: official },
    ],
  },
  metrics: ["acc", "acc_norm"],
});

export const arcEasy = arc("arc_easy", "ARC-Easy", "Questions of science for schools, the easy ones");
export const arcChallenge = arc("arc_challenge", "ARC-Challenge", "Questions of science, the hard ones");
