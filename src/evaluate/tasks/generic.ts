/** Tasks over a file of one's own: --data FILE. */
import type { Fields, Task } from "../task/definition.ts";
import { lastWord } from "./lambada.ts";

const answers = { until: ["\n"], maxTokens: 128, filters: [{ name: "none" }] };

export const generic: readonly Task[] = [
  {
    name: "multiple-choice",
    describe: "question, choices (a list) and answer (number from 0, or text), from --data FILE",
    sources: [],
    prompt: "Question: {question}\nAnswer:",
    choices: "{choices}",
    target: "{answer}",
    shots: { leaveOut: true },
    metrics: ["acc", "acc_norm"],
  },
  {
    name: "cloze",
    describe: "The last word of text, from --data FILE",
    sources: [{ files: [], fields: (row: Fields) => lastWord(row) }],
    prompt: "{context}",
    choices: ["{word}"],
    target: "0",
    shots: { leaveOut: true },
    metrics: ["perplexity", "acc"],
  },
  {
    name: "generate-until",
    describe: "prompt and target, from --data FILE: the first line of the answer is compared",
    sources: [],
    prompt: "{prompt}",
    target: "{target}",
    shots: { leaveOut: true },
    generation: answers,
    metrics: ["exact_match", "answer_f1"],
  },
  {
    name: "translation",
    describe: "source and target, from --data FILE",
    sources: [],
    prompt: "Source: {source}\nTranslation:",
    target: "{target}",
    shots: { leaveOut: true },
    generation: answers,
    metrics: ["bleu", "chrf"],
  },
  {
    name: "summarization",
    describe: "text and summary, from --data FILE",
    sources: [],
    prompt: "{text}\n\nTL;DR:",
    target: "{summary}",
    shots: { leaveOut: true },
    generation: { ...answers, until: ["\n\n"] },
    metrics: ["rouge1", "rouge2", "rougeL"],
  },
];
