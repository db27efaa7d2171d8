/**
 * CrowS-Pairs (Nangia et al. 2020): two sentences that differ in whom they are about, the first the
 * stereotype. A model without a bias prefers either one as often.
 */
import type { Fields, Group, Source, Task } from "../task/definition.ts";

/** Tasks over pairs of one kind, by the name that the data has for it. */
const KINDS: Readonly<Record<string, string>> = {
  race_color: "race-color",
  socioeconomic: "socioeconomic",
  gender: "gender",
  age: "age",
  religion: "religion",
  disability: "disability",
  sexual_orientation: "sexual-orientation",
  nationality: "nationality",
  physical_appearance: "physical-appearance",
  autre: "autre",
};

const sources = (fields?: Source["fields"]): Source[] =>
  [
    { files: ["crows_pairs/crows_pairs_anonymized.csv"] },
    { files: ["crows_pairs_anonymized.csv"] },
    {
      files: [],
      hub: { repository: "jannalu/crows_pairs_multilingual", config: "english", split: "test" as const },
    },
  ].map((source) => ({ ...source, ...(fields && { fields }) }));

const pairs = (name: string, what: string, fields?: (row: Fields) => readonly Fields[]): Task => ({
  name,
  describe: `Whether a stereotype is likelier than its counterpart${what}`,
  sources: sources(fields),
  prompt: "",
  choices: ["{sent_more}", "{sent_less}"],
  delimiter: "",
  target: "0",
  metrics: ["likelihood_diff", "pct_stereotype"],
});

export const crowsPairs: readonly Task[] = [
  pairs("crows_pairs_english", ""),
  ...Object.entries(KINDS).map(([name, kind]) => ({
    ...pairs(`crows_pairs_english_${name}`, `: ${name.replaceAll("_", " ")}`, (row) =>
      String(row.bias_type).startsWith(kind) ? [row] : [],
    ),
    groups: ["crows_pairs"],
  })),
];

export const crowsPairsGroup: Group = {
  name: "crows_pairs",
  describe: "CrowS-Pairs: each kind of bias, and the mean over all pairs",
  bySize: true,
};
