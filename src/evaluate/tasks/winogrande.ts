/**
 * WinoGrande (Sakaguchi et al. 2020): which name fills a blank. The end of the sentence is scored after each.
 */
import type { Fields, Task } from "../task/definition.ts";
import { fieldsOfBlank } from "./answers-in-text.ts";

function fields(row: Fields): Fields {
  const sentence = String(row.sentence);
  const place = sentence.indexOf("_");
  const after = sentence.slice(place + 1).trim();
  return { ...row, before: sentence.slice(0, place), after, label: Number(row.answer) - 1 };
}

export const winogrande: Task = {
  name: "winogrande",
  describe: "Which of two names fills a blank",
  sources: [
    { files: ["llm_adapters/winogrande/test.json"], fields: (row) => fields(fieldsOfBlank(row)) },
    { files: ["winogrande/test.json"], fields: (row) => fields(fieldsOfBlank(row)) },
    { files: ["winogrande/dev.jsonl"], fields },
    { files: ["winogrande/validation.jsonl"], fields },
    {
      files: [],
      hub: { repository: "allenai/winogrande", config: "winogrande_xl", split: "validation" },
      fields,
    },
  ],
  prompt: ["{before}{option1}", "{before}{option2}"],
  choices: ["{after}", "{after}"],
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      { files: ["winogrande/train_xl.jsonl"], fields },
      {
        files: [],
        hub: { repository: "allenai/winogrande", config: "winogrande_xl", split: "train" },
        fields,
      },
    ],
  },
  metrics: ["acc"],
};
