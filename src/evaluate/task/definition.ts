/** A task as data: where its items are, what the model reads, and how its answers count. */
import type { JsonValue } from "../../files/json.ts";
import type { HubSplit } from "../../hub/data-sets.ts";

/** Fields of an item that templates name: `{question}`, or `{choices.0}` of a list. */
export type Fields = Readonly<Record<string, JsonValue | undefined>>;

/** Files that hold the items, relative to the folder of data. */
export interface Source {
  /** Read one after the other: .jsonl, .json, .csv, .tsv, each also with .gz or .bz2; .parquet. */
  readonly files: readonly string[];
  /** Files of the hub's data set instead, which are found when they are needed. */
  readonly hub?: HubSplit;
  /** The rows themselves, of few examples. */
  readonly rows?: readonly Fields[];
  /** A file with one value for each item, which becomes its field `label`. */
  readonly labels?: string;
  /** Names of the columns of files without a heading. */
  readonly columns?: readonly string[];
  /** Of a text file whose items are some lines each: how many. The row has the field `lines`. */
  readonly lines?: number;
  /** Makes the fields of a row, or of several items. Default: its columns. */
  readonly fields?: (row: Fields) => Fields | readonly Fields[];
}

export const METRICS = [
  "acc",
  "acc_norm",
  "acc_bytes",
  "acc_mutual_info",
  "exact_match",
  "f1",
  "f1_macro",
  "answer_em",
  "answer_f1",
  "mcc",
  "brier_score",
  "perplexity",
  "mc2",
  "bleu",
  "chrf",
  "rouge1",
  "rouge2",
  "rougeL",
  "likelihood_diff",
  "pct_stereotype",
] as const;
export type MetricName = (typeof METRICS)[number];

/** Takes the answer out of a generated text. */
export interface Filter {
  readonly name: string;
  /** Its first group that matched is the answer; without one, the whole match. */
  readonly pattern?: string;
  /** Which match counts. Default first. */
  readonly match?: "first" | "last";
}

export interface Shots {
  /** Number of solved examples before an item. Default 0. */
  readonly count?: number;
  /** Where they come from; the first that is there. Default: the items themselves. */
  readonly sources?: readonly Source[];
  /** `first`: the first ones, for every item. Default `random`, as lm-evaluation-harness draws them. */
  readonly draw?: "random" | "first";
  /** One more is drawn, and the item itself left out: in the harness, tasks without a test split. */
  readonly leaveOut?: boolean;
}

export interface Generation {
  /** Texts that end an answer. */
  readonly until: readonly string[];
  readonly maxTokens: number;
  readonly filters: readonly Filter[];
  /** Substitutions with nothing, in answer and target, before they are compared. */
  readonly ignore?: readonly string[];
  readonly ignoreCase?: boolean;
  readonly ignorePunctuation?: boolean;
}

export interface Task {
  readonly name: string;
  readonly describe: string;
  /** Where the items are; the first that is there. */
  readonly sources: readonly Source[];
  /** Text before the first shot. */
  readonly description?: string;
  /** Template of what the model reads. A list has one for each choice. */
  readonly prompt: string | readonly string[];
  /** Templates of the choices, or one template that names a list. A task that generates has none. */
  readonly choices?: readonly string[] | string;
  /** Template of the right choice's number, from 0, or of its text; of the answer where one is generated. */
  readonly target: string;
  /** Between prompt and choice. Default a blank. */
  readonly delimiter?: string;
  readonly shots?: Shots;
  readonly generation?: Generation;
  /** Where choices stand for texts that are compared: templates of lists, of all and of the right ones. */
  readonly texts?: { readonly choices: string; readonly golds: string };
  readonly metrics: readonly MetricName[];
  /** Groups whose scores this task is a part of. */
  readonly groups?: readonly string[];
}

/** Tasks that have a score together. */
export interface Group {
  readonly name: string;
  readonly describe: string;
  /** Whether large tasks count more. */
  readonly bySize: boolean;
}
