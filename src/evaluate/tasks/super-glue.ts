/** SuperGLUE (Wang et al. 2019), on its official files; BoolQ has a file of its own. */
import type { Fields, Group, Task } from "../task/definition.ts";

const task = (
  folder: string,
  parts: Omit<Task, "sources" | "groups">,
  fields?: (row: Fields) => Fields | Fields[],
): Task => {
  const source = (name: string) => ({ files: [`${folder}/${name}.jsonl`], ...(fields && { fields }) });
  const config = folder === "WSC" ? "wsc.fixed" : folder.toLowerCase();
  const hub = (split: "train" | "validation") => ({
    files: [],
    hub: { repository: "aps/super_glue", config, split },
    ...(fields && { fields }),
  });
  return {
    ...parts,
    groups: ["super_glue"],
    sources: [
      source("val"),
      { ...source("val"), files: [`super_glue/${folder}/val.jsonl`] },
      hub("validation"),
    ],
    shots: { leaveOut: true, sources: [source("train"), hub("train")] },
  };
};

/** Places in the data count code points, as Python does. */
const slice = (text: string, begin: number, end: number): string => [...text].slice(begin, end).join("");

const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** A label of the files as a number; HF's files have numbers. */
const numbered =
  (...names: readonly string[]) =>
  (row: Fields): Fields => {
    const place = names.indexOf(String(row.label));
    return { ...row, label: place >= 0 ? place : Number(row.label) };
  };
const truth = numbered("false", "true");

export const cb = task(
  "CB",
  {
    name: "cb",
    describe: "Whether a sentence follows from another, contradicts it, or neither",
    prompt: "{premise}\nQuestion: {hypothesis}. True, False, or Neither?\nAnswer:",
    choices: ["True", "False", "Neither"],
    target: "{label}",
    metrics: ["acc", "f1_macro"],
  },
  numbered("entailment", "contradiction", "neutral"),
);

const lowered = (text: unknown): string => String(text).replace(/^./u, (letter) => letter.toLowerCase());

export const copa = task(
  "COPA",
  {
    name: "copa",
    describe: "Which of two sentences is the cause, or the effect, of another",
    prompt: "{context}",
    choices: [" {first}", " {second}"], // the harness has two blanks here
    target: "{label}",
    metrics: ["acc"],
  },
  (row) => ({
    context: `${slice(String(row.premise).trim(), 0, -1)} ${row.question === "cause" ? "because" : "therefore"}`,
    first: lowered(row.choice1),
    second: lowered(row.choice2),
    label: row.label,
  }),
);

interface Passage {
  readonly text: string;
  readonly questions: readonly { readonly question: string; readonly answers: readonly Fields[] }[];
  readonly entities: readonly { readonly start: number; readonly end: number }[];
}

export const multirc = task(
  "MultiRC",
  {
    name: "multirc",
    describe:
      "Whether an answer to a question about a passage is right; by a no, as in lm-evaluation-harness",
    prompt: "{paragraph}\nQuestion: {question}\nAnswer:",
    choices: ["{answer}\nIs the answer correct? yes", "{answer}\nIs the answer correct? no"],
    target: "{label}",
    metrics: ["acc"],
  },
  (row) => {
    if (row.passage === undefined) return row; // the hub has a row for each answer
    const { text: paragraph, questions } = row.passage as unknown as Passage;
    return questions.flatMap(({ question, answers }) =>
      answers.map(({ text, label }) => ({ paragraph, question, answer: text, label })),
    );
  },
);

interface Query {
  readonly query: string;
  readonly answers: readonly { readonly text: string }[];
}

/** A news article with the queries about it. */
interface Article {
  readonly text: string;
  readonly entities: readonly string[];
  readonly queries: readonly Query[];
}

function officialArticle({ passage, qas }: Fields): Article {
  const { text, entities } = passage as unknown as Passage;
  const names = entities.map(({ start, end }) => slice(text, start, end + 1));
  return { text, entities: names, queries: qas as unknown as readonly Query[] };
}

/** The hub has a row for each query. */
function articleOfHub({ passage, entities, query, answers }: Fields): Article {
  const queries = [{ query: String(query), answers: (answers as string[]).map((text) => ({ text })) }];
  return { text: String(passage), entities: entities as string[], queries };
}

export const record = task(
  "ReCoRD",
  {
    name: "record",
    describe: "Which entity of a news article fills a blank",
    prompt: "{article}",
    choices: "{choices}",
    target: "{label}",
    texts: { choices: "{entities}", golds: "{answers}" },
    metrics: ["answer_f1", "answer_em"],
  },
  (row) => {
    const { text, entities, queries } =
      typeof row.passage === "string" ? articleOfHub(row) : officialArticle(row);
    const [article = "", ...highlights] = text.trim().split("\n@highlight\n");
    const names = [...new Set(entities)].toSorted(byCodePoints);
    return queries.map(({ query, answers }) => ({
      article: `${article}\n\n${highlights.map((highlight) => `  - ${highlight}.\n`).join("")}`,
      choices: names.map((name) => `  - ${query}`.replaceAll("@placeholder", () => name)),
      entities: names,
      answers: [...new Set(answers.map((answer) => answer.text))],
      label: names.flatMap((name, i) => (answers.some((answer) => answer.text === name) ? [i] : [])),
    }));
  },
);

export const rte = task(
  "RTE",
  {
    name: "sglue_rte",
    describe: "Whether a sentence follows from another",
    prompt: "{premise}\nQuestion: {hypothesis} True or False?\nAnswer:",
    choices: ["True", "False"],
    target: "{label}",
    metrics: ["acc"],
  },
  numbered("entailment", "not_entailment"),
);

export const wic = task(
  "WiC",
  {
    name: "wic",
    describe: "Whether a word has the same meaning in two sentences",
    prompt:
      "Sentence 1: {sentence1}\nSentence 2: {sentence2}\nQuestion: Is the word '{used}' used in the same way in the two sentences above?\nAnswer:",
    choices: ["no", "yes"],
    target: "{label}",
    metrics: ["acc"],
  },
  (row) => ({
    ...truth(row),
    used: slice(String(row.sentence1), Number(row.start1), Number(row.end1)),
  }),
);

const detokenized = (text: string): string =>
  text
    .replaceAll(" n't", "n't")
    .replaceAll(" )", ")")
    .replaceAll("( ", "(")
    .replaceAll('" ', '"')
    .replaceAll(' "', '"')
    .replace(/ (['.,])/g, "$1");

/** Some spans of the official files are not in the text: the hub's `wsc.fixed` spells them as it does. */
function spanIn(text: string, first: string | undefined, span: string): string {
  const isFar = span === "Kamenev and Zinoviev" || span === "Kamenev, Zinoviev, and Stalin";
  if (text.includes(span) || isFar || first === undefined) return span;
  const [letter = ""] = first;
  const isLower = letter !== letter.toUpperCase();
  const rest = span.slice(1).replace(/\.+$/, "").replaceAll("\n", " ");
  return (isLower ? span.slice(0, 1).toLowerCase() : span.slice(0, 1).toUpperCase()) + rest;
}

export const wsc = task(
  "WSC",
  {
    name: "wsc",
    describe: "Whether a pronoun refers to a noun",
    prompt:
      'Passage: {passage}\nQuestion: In the passage above, does the pronoun "*{pronoun}*" refer to "*{noun}*"?\nAnswer:',
    choices: ["no", "yes"],
    target: "{label}",
    metrics: ["acc"],
  },
  (row) => {
    const target = (row.target ?? row) as Fields;
    const text = String(row.text);
    const words = text.trim().split(/\s+/);
    const [noun, pronoun] = (["span1", "span2"] as const).map((span) =>
      spanIn(text, words[Number(target[`${span}_index`])], String(target[`${span}_text`])),
    ) as [string, string];
    const before = words.slice(0, Number(target.span2_index)).join(" ");
    const after = text.slice(before.length + pronoun.length + 1);
    return {
      ...truth(row),
      passage: detokenized(`${before} *${pronoun}*${after}`),
      pronoun,
      noun,
    };
  },
);

export const superGlueGroup: Group = {
  name: "super_glue",
  describe: "SuperGLUE: the mean of its eight tasks",
  bySize: false,
};
