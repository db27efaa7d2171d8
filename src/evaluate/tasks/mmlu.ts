/** MMLU (Hendrycks et al. 2021): questions of 57 subjects with four answers. */
import type { Fields, Group, Task } from "../task/definition.ts";

const SUBJECTS: Readonly<Record<string, string>> = {
  humanities: `
    formal_logic high_school_european_history high_school_us_history high_school_world_history
    international_law jurisprudence logical_fallacies moral_disputes moral_scenarios philosophy
    prehistory professional_law world_religions`,
  social_sciences: `
    econometrics high_school_geography high_school_government_and_politics
    high_school_macroeconomics high_school_microeconomics high_school_psychology human_sexuality
    professional_psychology public_relations security_studies sociology us_foreign_policy`,
  stem: `
    abstract_algebra anatomy astronomy college_biology college_chemistry college_computer_science
    college_mathematics college_physics computer_security conceptual_physics electrical_engineering
    elementary_mathematics high_school_biology high_school_chemistry high_school_computer_science
    high_school_mathematics high_school_physics high_school_statistics machine_learning`,
  other: `
    business_ethics clinical_knowledge college_medicine global_facts human_aging management
    marketing medical_genetics miscellaneous nutrition professional_accounting professional_medicine
    virology`,
};

const table = (row: Fields): Fields => ({
  ...row,
  choices: [0, 1, 2, 3].map((i) => String(row[`choice${i}`])),
});

const subject = (name: string, category: string): Task => ({
  name: `mmlu_${name}`,
  describe: `Questions about ${name.replaceAll("_", " ")}`,
  groups: [`mmlu_${category}`, "mmlu"],
  sources: [
    { files: [`mmlu/test/${name}_test.csv`], fields: table },
    { files: [`test/${name}_test.csv`], fields: table },
    { files: [`mmlu/${name}/test.jsonl`] },
  ],
  description: `The following are multiple choice questions (with answers) about ${name.replaceAll("_", " ")}.\n\n`,
  prompt: "{question}\nA. {choices.0}\nB. {choices.1}\nC. {choices.2}\nD. {choices.3}\nAnswer:",
  choices: ["A", "B", "C", "D"],
  target: "{answer}",
  shots: {
    draw: "first",
    sources: [
      { files: [`mmlu/dev/${name}_dev.csv`], fields: table },
      { files: [`dev/${name}_dev.csv`], fields: table },
      { files: [`mmlu/${name}/dev.jsonl`] },
    ],
  },
  metrics: ["acc"],
});

export const mmlu: readonly Task[] = Object.entries(SUBJECTS).flatMap(([category, names]) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => subject(name, category)),
);

export const mmluGroups: readonly Group[] = [
  { name: "mmlu", describe: "MMLU: all 57 subjects", bySize: true },
  ...Object.keys(SUBJECTS).map((category) => ({
    name: `mmlu_${category}`,
    describe: `MMLU: ${category.replaceAll("_", " ")}`,
    bySize: true,
  })),
];
