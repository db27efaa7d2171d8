/** LAMBADA (Paperno et al. 2016) in OpenAI's form: the last word of a text. */
import type { Fields, Task } from "../task/definition.ts";

export const lastWord = ({ text }: Fields): Fields => {
  const whole = String(text);
  const place = whole.lastIndexOf(" ");
  return { context: whole.slice(0, Math.max(0, place)), word: whole.slice(place + 1) };
};

export const lambada: Task = {
  name: "lambada_openai",
  describe: "The last word of a text",
  sources: [
    { files: ["lambada/lambada_test.jsonl"], fields: lastWord },
    { files: ["lambada_test.jsonl"], fields: lastWord },
    { files: ["lambada_openai/test.jsonl"], fields: lastWord },
    { files: [], hub: { repository: "EleutherAI/lambada_openai", split: "test" }, fields: lastWord },
  ],
  prompt: "{context}",
  choices: ["{word}"],
  target: "0",
  shots: { leaveOut: true },
  metrics: ["perplexity", "acc"],
};
