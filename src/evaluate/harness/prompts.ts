/** What a model reads for each item: description, shots and question, as lm-evaluation-harness joins them. */
import { GptError } from "../../errors.ts";
import type { Task } from "../task/definition.ts";
import type { Item } from "../task/items.ts";
import { PythonRandom } from "./python-random.ts";

export const SHOT_SEPARATOR = "\n\n";
const DELIMITER = " ";

/** An item with the texts that are scored, or continued. */
export interface Question {
  readonly item: Item;
  /** One for all choices, or one for each. */
  readonly contexts: readonly string[];
  /** Delimiter and choice; empty where the answer is generated. */
  readonly continuations: readonly string[];
  /** Rows of the shots. */
  readonly shots: readonly number[];
  /** What the shots ask, and their answers. */
  readonly solved: readonly (readonly [prompt: string, answer: string])[];
}

export interface ShotOptions {
  readonly count: number;
  readonly seed: number;
  /** Items that shots are taken from. */
  readonly pool: readonly Item[];
}

export const delimiterOf = ({ delimiter = DELIMITER }: Task): string => delimiter;

/** @throws GptError `usage` for more shots than there are items to take them from */
export function questionsOf(task: Task, items: readonly Item[], shots: ShotOptions): Question[] {
  const drawer = shotDrawer(task, shots);
  return items.map((item) => {
    const drawn = drawer(item);
    const solved = drawn.map(solution);
    const examples = solved.map(([prompt, answer]) => prompt + delimiterOf(task) + answer + SHOT_SEPARATOR);
    const head = `${task.description ?? ""}${examples.join("")}`;
    return {
      item,
      contexts: item.prompts.map((prompt) => head + prompt),
      continuations: item.choices.map((choice) => delimiterOf(task) + choice),
      shots: drawn.map(({ id }) => id),
      solved,
    };
  });
}

/** Of several prompts the one of the right choice. */
const solution = ({ prompts, gold, target }: Item): [prompt: string, answer: string] => [
  prompts[prompts.length > 1 ? (gold[0] ?? 0) : 0] ?? "",
  target,
];

function shotDrawer({ name, shots = {} }: Task, { count, seed, pool }: ShotOptions): (item: Item) => Item[] {
  if (count === 0) return () => [];
  const { draw = "random", leaveOut = false } = shots;
  if (pool.length < count + (leaveOut ? 1 : 0)) {
    throw new GptError("usage", `${name}: ${count} shots are asked for, and there are ${pool.length} items`);
  }
  if (draw === "first") return () => pool.slice(0, count);
  const random = new PythonRandom(seed);
  const keys = new Map(pool.map((item) => [item, keyOf(item)]));
  const from = (items: readonly Item[], number: number) =>
    random.sample(items.length, number).map((place) => items[place] as Item);
  if (!leaveOut) return () => from(pool, count);
  return (item) => {
    const own = keyOf(item);
    const others = (items: readonly Item[]) => items.filter((other) => keys.get(other) !== own);
    const drawn = others(from(pool, count + 1)).slice(0, count);
    return drawn.length === count ? drawn : from(others(pool), count);
  };
}

const keyOf = ({ fields }: Item): string => JSON.stringify(fields);
