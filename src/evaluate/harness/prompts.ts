/** What a model reads for each item: description, shots and question, as lm-evaluation-harness joins them. */
import { GptError } from "../../errors.ts";
import type { Task } from "../task/definition.ts";
import type { Item } from "../task/items.ts";
import { PythonRandom } from "./python-random.ts";

const SHOT_SEPARATOR = "\n\n";
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
}

export interface ShotOptions {
  readonly count: number;
  readonly seed: number;
  /** Items that shots are taken from. */
  readonly pool: readonly Item[];
}

const delimiterOf = ({ delimiter = DELIMITER }: Task): string => delimiter;

/** @throws GptError `usage` for more shots than there are items to take them from */
export function questionsOf(task: Task, items: readonly Item[], shots: ShotOptions): Question[] {
  const drawer = shotDrawer(task, shots);
  return items.map((item) => {
    const drawn = drawer(item);
    const examples = drawn.map((shot) => `${solved(task, shot)}${SHOT_SEPARATOR}`).join("");
    const head = `${task.description ?? ""}${examples}`;
    return {
      item,
      contexts: item.prompts.map((prompt) => head + prompt),
      continuations: item.choices.map((choice) => delimiterOf(task) + choice),
      shots: drawn.map(({ id }) => id),
    };
  });
}

/** An item with its answer. */
function solved(task: Task, { prompts, gold, target }: Item): string {
  const prompt = prompts.length > 1 ? prompts[gold[0] ?? 0] : prompts[0];
  return `${prompt}${delimiterOf(task)}${target}`;
}

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
