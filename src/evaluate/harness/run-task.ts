/** Runs a task: data, prompts, the model's answers, scores. */
import { openSessionPool } from "../../engine/session-pool.ts";
import { GptError } from "../../errors.ts";
import type { LanguageModel } from "../../library/language-model.ts";
import type { Session } from "../../text/text-model.ts";
import type { Source, Task } from "../task/definition.ts";
import { findSource, type Item, type Malformed, readItems } from "../task/items.ts";
import { scoresOf, type TaskScore } from "./aggregate.ts";
import { answerByChoice, answerByText } from "./answer.ts";
import { type Answered, answerTo, type Recorded, recorded } from "./answered.ts";
import { type Question, questionsOf } from "./prompts.ts";
import { openRequestScorer } from "./score-requests.ts";

export interface TaskOptions {
  /** Number of shots. Default the task's. */
  readonly shots?: number | undefined;
  /** Default the task's way to draw shots. */
  readonly draw?: "random" | "first" | undefined;
  /** Items from the start. Default all. */
  readonly limit?: number | undefined;
  /** Rows of the items that are asked. Others draw no shots. Default all. */
  readonly rows?: readonly number[] | undefined;
  /** Of the shots. Default 1234. */
  readonly seed?: number | undefined;
  /** Tokens of a generated answer, at most. Default the task's. */
  readonly maxTokens?: number | undefined;
}

/** Questions of a task, and what was left out. */
export interface Prepared {
  readonly task: Task;
  readonly questions: readonly Question[];
  /** Items of the data, before `limit`. */
  readonly items: number;
  readonly malformed: readonly Malformed[];
  readonly shots: number;
}

/** An item that the model cannot be asked, and why. */
export interface Unfit {
  readonly id: number;
  readonly problem: string;
}

export interface TaskResult extends Omit<Prepared, "questions"> {
  readonly answers: readonly Answered[];
  readonly unfit: readonly Unfit[];
  readonly scores: readonly TaskScore[];
}

/** lm-evaluation-harness's seed for shots. */
const SHOT_SEED = 1234;

/**
 * @param source of the items, if the caller has chosen one
 * @throws GptError `not-found` without data, `invalid-file` where no row is an item, and as `questionsOf`
 */
export async function prepareTask(
  task: Task,
  folder: string,
  { shots, limit, rows, seed = SHOT_SEED, draw }: TaskOptions,
  source?: Source,
): Promise<Prepared> {
  const chosen = source ?? findSource(task, task.sources, folder);
  const { items, malformed } = await readItems(task, chosen, folder);
  if (items.length === 0) {
    const [first] = malformed;
    const problem = first === undefined ? "there are no items" : `no row is an item, first ${first.problem}`;
    throw new GptError("invalid-file", `${task.name}: ${problem}`);
  }
  const count = shots ?? task.shots?.count ?? 0;
  const pool = count === 0 ? [] : await poolOf(task, folder, items);
  const drawing = draw === undefined ? task : { ...task, shots: { ...task.shots, draw } };
  const asked = rows === undefined ? items : items.filter(({ id }) => rows.includes(id));
  const questions = questionsOf(drawing, asked.slice(0, limit), { count, seed, pool });
  return { task, questions, items: items.length, malformed, shots: count };
}

/** Items that shots are taken from: the task's own, unless there are files for them. */
async function poolOf(task: Task, folder: string, items: readonly Item[]): Promise<readonly Item[]> {
  const { sources = [] } = task.shots ?? {};
  if (sources.length === 0) return items;
  try {
    return (await readItems(task, findSource(task, sources, folder), folder)).items;
  } catch (error) {
    if (error instanceof GptError && error.code === "not-found" && task.shots?.leaveOut) return items;
    throw error;
  }
}

export interface RunOptions {
  /** The questions that are asked, by their numbers. Default all. */
  readonly asked?: { readonly begin: number; readonly end: number } | undefined;
  readonly maxTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Answers of an earlier run, by the number of the question. */
  readonly known?: ReadonlyMap<number, Recorded>;
  /** Gets each further answer, in the order in which they come. */
  readonly onAnswer?: (question: number, answer: Recorded) => Promise<void>;
  /** Gets the number of questions that are done. */
  readonly onProgress?: (done: number) => void;
}

/** @throws GptError as `Session.append` and `generate`; the signal's reason */
export async function runTask(
  model: LanguageModel,
  prepared: Prepared,
  { asked, maxTokens, signal, known, onAnswer, onProgress }: RunOptions = {},
): Promise<TaskResult> {
  const { task, questions } = prepared;
  const answers: (Answered | undefined)[] = [];
  const unfit: Unfit[] = [];
  const pool = openSessionPool<Session>(model);
  const score = openRequestScorer(pool, signal);
  const answer = (question: Question) =>
    task.generation === undefined
      ? answerByChoice(model, task, question, score)
      : answerByText(model, task.generation, question, { pool, maxTokens, signal });
  const { begin, end } = asked ?? { begin: 0, end: questions.length };
  let [next, done] = [begin, 0];
  const work = async () => {
    while (next < end) {
      const i = next++;
      const question = questions[i] as Question;
      const record = known?.get(i);
      const found = record === undefined ? await answer(question) : answerTo(question, record);
      if (record === undefined) await onAnswer?.(i, recorded(found));
      if (typeof found === "string") unfit.push({ id: question.item.id, problem: found });
      else answers[i] = found;
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  const { questions: _, ...facts } = prepared;
  const given = answers.filter((answered) => answered !== undefined);
  return { ...facts, answers: given, unfit, scores: scoresOf(task, given) };
}
