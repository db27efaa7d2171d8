/** CoLA (Warstadt et al. 2019) and SST-2 (Socher et al. 2013), as GLUE has them. */
import type { Task } from "../task/definition.ts";

const colaColumns = ["source", "label", "star", "sentence"];
const cola1 = (folder: string, names: readonly string[]) => ({
  files: names.map((name) => `${folder}/${name}.tsv`),
  columns: colaColumns,
});
const DEV = ["in_domain_dev", "out_of_domain_dev"];
const TRAIN = ["in_domain_train"];

export const cola: Task = {
  name: "cola",
  describe: "Whether a sentence is English",
  sources: [
    cola1("cola/cola_public/raw", DEV),
    cola1("cola_public/raw", DEV),
    cola1("cola/raw", DEV),
    { files: [], hub: { repository: "nyu-mll/glue", config: "cola", split: "validation" } },
  ],
  prompt: "{sentence}\nQuestion: Does this sentence make sense?\nAnswer:",
  choices: ["no", "yes"],
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      cola1("cola/cola_public/raw", TRAIN),
      cola1("cola_public/raw", TRAIN),
      cola1("cola/raw", TRAIN),
      { files: [], hub: { repository: "nyu-mll/glue", config: "cola", split: "train" } },
    ],
  },
  metrics: ["mcc"],
};

export const sst2: Task = {
  name: "sst2",
  describe: "Whether a review is positive",
  sources: [
    { files: ["sst2/test.tsv"] },
    { files: ["SST-2/dev.tsv"] },
    { files: [], hub: { repository: "nyu-mll/glue", config: "sst2", split: "validation" } },
  ],
  prompt: "{sentence}\nQuestion: Is this sentence positive or negative?\nAnswer:",
  choices: ["negative", "positive"],
  target: "{label}",
  shots: {
    leaveOut: true,
    sources: [
      { files: ["sst2/train.tsv"] },
      { files: ["SST-2/train.tsv"] },
      { files: [], hub: { repository: "nyu-mll/glue", config: "sst2", split: "train" } },
    ],
  },
  metrics: ["acc"],
};
