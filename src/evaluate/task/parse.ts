/** A task in a file of JSON, which a person writes. */
import { checkOptions, flag, oneOf, type Rule, wholeFrom } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { type JsonObject, readJsonObject } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { type Generation, METRICS, type Shots, type Source, type Task } from "./definition.ts";

const text: Rule = { expected: "a text", holds: (value) => typeof value === "string" };
const texts: Rule = {
  expected: "a list of texts",
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string"),
};
const either: Rule = {
  expected: `${text.expected} or ${texts.expected}`,
  holds: (value) => text.holds(value) || texts.holds(value),
};
const metrics: Rule = {
  expected: `a list of ${METRICS.join(", ")}`,
  holds: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((one) => METRICS.some((name) => name === one)),
};
const object: Rule = {
  expected: "an object",
  holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};
const pattern: Rule = {
  expected: "a regular expression",
  holds: (value) => typeof value === "string" && isPattern(value),
};
const filters: Rule = {
  expected: 'a list of objects such as {"name": "last-number", "pattern": "(\\\\d+)", "match": "last"}',
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => text.holds(one?.name) && (one.pattern === undefined || pattern.holds(one.pattern))),
};

type Rules = Readonly<Record<string, Rule>>;

const taskRules: Rules = {
  name: text,
  describe: text,
  data: either,
  description: text,
  prompt: either,
  choices: either,
  target: text,
  delimiter: text,
  shots: object,
  generation: object,
  metrics,
};

const shotRules: Rules = {
  count: wholeFrom(0),
  data: either,
  draw: oneOf("random", "first"),
  leaveOut: flag,
};

const generationRules: Rules = {
  until: texts,
  maxTokens: wholeFrom(1),
  filters,
  ignore: texts,
  ignoreCase: flag,
  ignorePunctuation: flag,
};

/**
 * Fields: name, data (files in the folder of --data), prompt, choices, target, metrics; and what else a task
 * has.
 *
 * @throws GptError `not-found`; `invalid-file` for a field that is missing, unknown or of another type
 */
export async function readTask(path: string): Promise<Task> {
  const json = await readJsonObject(path);
  const given = checked(path, "", json, taskRules);
  for (const name of ["name", "prompt", "target", "metrics"]) {
    if (given[name] === undefined) throw new GptError("invalid-file", `${path}: lacks ${quote(name)}`);
  }
  if ((given.choices === undefined) === (given.generation === undefined)) {
    throw new GptError("invalid-file", `${path}: expected "choices" or "generation", one of them`);
  }
  const { data, shots, generation, ...task } = given;
  return {
    ...(task as unknown as Task),
    describe: String(task.describe ?? ""),
    sources: sourcesOf(data),
    ...(shots !== undefined && { shots: shotsOf(path, shots as JsonObject) }),
    ...(generation !== undefined && { generation: generationOf(path, generation as JsonObject) }),
  };
}

function shotsOf(path: string, json: JsonObject): Shots {
  const { data, ...shots } = checked(path, "shots.", json, shotRules);
  return { ...(shots as Shots), ...(data !== undefined && { sources: sourcesOf(data) }) };
}

const generationOf = (path: string, json: JsonObject): Generation => ({
  until: ["\n"],
  maxTokens: 256,
  filters: [{ name: "none" }],
  ...(checked(path, "generation.", json, generationRules) as Partial<Generation>),
});

/** Without files, --data names the file. */
const sourcesOf = (data: unknown): Source[] =>
  data === undefined ? [] : [{ files: [data].flat() as string[] }];

function checked(path: string, prefix: string, json: JsonObject, rules: Rules): Record<string, unknown> {
  try {
    return checkOptions<Record<string, unknown>>(json, rules);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError("invalid-file", `${path}: ${prefix}${error.message}`);
  }
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) !== undefined;
  } catch {
    return false;
  }
}
