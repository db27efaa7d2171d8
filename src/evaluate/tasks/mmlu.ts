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

const trimmed = (row: Fields): Fields => ({ ...row, question: String(row.question).trim() });

const table = (row: Fields): Fields => ({
  ...trimmed(row),
  choices: [0, 1, 2, 3].map((i) => String(row[`choice${i}`])),
});

const subject = (name: string, category: string): Task => ({
  name: `mmlu_${name}`,
  describe: `Questions about ${name.replaceAll("_", " ")}`,
  groups: [`mmlu_${category}`, "mmlu"],
  sources: [
    { files: [`mmlu/test/${name}_test.csv`], fields: table },
    { files: [`test/${name}_test.csv`], fields: table },
    { files: [`mmlu/${name}/test.jsonl`], fields: trimmed },
    { files: [], hub: { repository: "cais/mmlu", config: name, split: "test" }, fields: trimmed },
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
      { files: [`mmlu/${name}/dev.jsonl`], fields: trimmed },
      { files: [], hub: { repository: "cais/mmlu", config: name, split: "dev" }, fields: trimmed },
    ],
  },
  metrics: ["acc"],
});

/** The same questions, where the texts of the answers are scored instead of their letters. */
function continued(name: string, category: string): Task {
  const task = subject(name, category);
  return {
    ...task,
    name: `${task.name}_continuation`,
    describe: `${task.describe}, by the texts of the answers`,
    groups: [`mmlu_${category}_continuation`, "mmlu_continuation"],
    description: `The following are questions (with answers) about ${name.replaceAll("_", " ")}.\n\n`,
    prompt: "Question: {question}\nAnswer:",
    choices: "{choices}",
    metrics: ["acc", "acc_norm"],
  };
}

const subjects = Object.entries(SUBJECTS).flatMap(([category, names]) =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => [name, category] as const),
);

export const mmlu: readonly Task[] = [
  ...subjects.map(([name, category]) => subject(name, category)),
  ...subjects.map(([name, category]) => continued(name, category)),
];

const groupsOf = (end: string, what: string): Group[] => [
  { name: `mmlu${end}`, describe: `MMLU: all 57 subjects${what}`, bySize: true },
  ...Object.keys(SUBJECTS).map((category) => ({
    name: `mmlu_${category}${end}`,
    describe: `MMLU: ${category.replaceAll("_", " ")}${what}`,
    bySize: true,
  })),
];

export const mmluGroups: readonly Group[] = [
  ...groupsOf("", ""),
  ...groupsOf("_continuation", ", by the texts of the answers"),
];
