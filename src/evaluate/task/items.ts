/** Items of a task: texts that the model reads, its choices and the right one. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { GptError } from "../../errors.ts";
import type { JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { type HubSplit, splitFiles } from "../../hub/data-sets.ts";
import type { Fields, Source, Task } from "./definition.ts";
import { type Row, readRows } from "./rows.ts";
import { fill, valueIn } from "./template.ts";

export interface Item {
  /** Its row in the data, from 0. */
  readonly id: number;
  readonly fields: Fields;
  /** What the model reads: one text, or one for each choice. */
  readonly prompts: readonly string[];
  /** Empty where the answer is generated. */
  readonly choices: readonly string[];
  /** Numbers of the right choices. */
  readonly gold: readonly number[];
  /** The right answer, as shots show it. */
  readonly target: string;
}

/** A row that is no item, and why. */
export interface Malformed {
  readonly id: number;
  readonly problem: string;
}

/** The first source whose files are all there. @throws GptError `not-found` if there is none */
export function findSource(task: Task, sources: readonly Source[], folder: string): Source {
  for (const source of sources) {
    if (source.rows !== undefined) return source;
    const found = source.hub === undefined ? source : { ...source, files: splitFiles(folder, source.hub) };
    if (found.files.length > 0 && filesOf(found).every((file) => existsSync(resolve(folder, file))))
      return found;
  }
  const wanted = sources
    .map((source) => (source.hub ? hubName(source.hub) : filesOf(source).join(" with ")))
    .join(", or ");
  throw new GptError("not-found", `${folder}: holds no data of ${task.name}: expected ${wanted}`);
}

const hubName = ({ repository }: HubSplit): string =>
  `the data set ${repository} (hf download ${repository} --repo-type dataset)`;

const filesOf = ({ files, labels }: Source): string[] => [
  ...files,
  ...(labels === undefined ? [] : [labels]),
];

/** @throws GptError as `readRows` */
export async function readItems(
  task: Task,
  source: Source,
  folder: string,
): Promise<{ readonly items: readonly Item[]; readonly malformed: readonly Malformed[] }> {
  const files = source.files.map((file) => readRows(resolve(folder, file), source));
  const given = source.rows?.map((fields, i) => ({ fields, place: `example ${i}` }));
  const rows = given ?? (await Promise.all(files)).flat();
  const labels = source.labels === undefined ? undefined : await readRows(resolve(folder, source.labels));
  const items: Item[] = [];
  const malformed: Malformed[] = [];
  let id = 0;
  for (const [i, row] of rows.entries()) {
    const whole = labels === undefined ? row.fields : { ...row.fields, label: labels[i]?.fields.label };
    try {
      const made = source.fields === undefined ? whole : source.fields(whole);
      for (const fields of [made].flat()) {
        items.push(itemOf(task, fields, id));
        id++;
      }
    } catch (error) {
      malformed.push({ id: id++, problem: problemOf(error, row) });
    }
  }
  return { items, malformed };
}

function problemOf(error: unknown, { place }: Row): string {
  if (error instanceof GptError) return `${place}: ${error.message}`;
  if (error instanceof TypeError) return `${place}: a field is missing or has another type`;
  throw error;
}

/**
 * @throws GptError `invalid-file` for fields that are missing, and for a target that is none of the choices
 */
function itemOf(task: Task, fields: Fields, id: number): Item {
  const prompts = [task.prompt].flat().map((template) => fill(template, fields));
  const choices = choicesOf(task, fields);
  const target = valueIn(task.target, fields);
  if (task.choices === undefined) return { id, fields, prompts, choices, gold: [], target: answerOf(target) };
  if (choices.some((choice) => choice === "")) throw new GptError("invalid-file", "a choice is empty");
  if (choices.length === 0) throw new GptError("invalid-file", "there are no choices");
  const gold = [target].flat().map((one) => placeOf(one as JsonValue, choices));
  const right = choices[gold[0] ?? -1];
  if (right === undefined) throw new GptError("invalid-file", "no choice is right");
  return { id, fields, prompts, choices, gold, target: right };
}

function choicesOf({ choices }: Task, fields: Fields): string[] {
  if (choices === undefined) return [];
  if (typeof choices !== "string") return choices.map((template) => fill(template, fields));
  const list = valueIn(choices, fields);
  if (Array.isArray(list)) return list.map(String);
  throw new GptError("invalid-file", `the choices are ${quote(list)}, expected a list`);
}

const answerOf = (target: JsonValue): string => String(Array.isArray(target) ? target[0] : target);

/** A number from 0, or the text of a choice. */
function placeOf(target: JsonValue, choices: readonly string[]): number {
  const text = String(target).trim();
  const named = choices.findIndex((choice) => choice.trim() === text);
  const place = /^\d+$/.test(text) ? Number(text) : named;
  if (place >= 0 && place < choices.length) return place;
  const expected = `a number from 0 to ${choices.length - 1} or the text of a choice`;
  throw new GptError("invalid-file", `the target is ${quote(target)}, expected ${expected}`);
}
