/** Two files of results, as -o and lm-evaluation-harness write them, side by side. */
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { type ComparedMetric, compareSamples } from "./compare-samples.ts";

/** Results of one model. */
export interface LoggedResults {
  readonly results: JsonObject;
  /** Samples of its tasks, as far as there are. */
  readonly samples: readonly JsonObject[];
}

interface Score {
  readonly value: number;
  /** NaN where the harness has "N/A". */
  readonly error: number;
  readonly items: number;
}

/** 95% of a normal distribution lie as many standard errors around its mean. */
const NORMAL_95 = 1.96;

/**
 * The change of each score that both have: of items side by side where both have samples, else with the error
 * of two means of which nothing is known in common, which is larger.
 *
 * @throws GptError `invalid-file` for results without a common score; as `compareSamples`
 */
export function compareLogged(first: LoggedResults, second: LoggedResults): ComparedMetric[] {
  const both = first.samples.length > 0 && second.samples.length > 0;
  const paired = both ? compareSamples(first.samples, second.samples) : [];
  const done = new Set(paired.map(keyOf));
  const others = scoresIn(second.results);
  const unpaired = [...scoresIn(first.results)].flatMap(([key, score]) => {
    const other = others.get(key);
    return other === undefined || done.has(key) ? [] : [compareScores(key, score, other)];
  });
  const all = [...paired, ...unpaired];
  if (all.length > 0) return all;
  throw new GptError("invalid-file", "the two results have no task and metric in common");
}

const keyOf = ({ task, filter, metric }: Pick<ComparedMetric, "task" | "filter" | "metric">): string =>
  JSON.stringify([task, filter, metric]);

function compareScores(key: string, first: Score, second: Score): ComparedMetric {
  const [task, filter, metric] = JSON.parse(key) as [string, string, string];
  const value = second.value - first.value;
  const error = Math.hypot(first.error, second.error);
  return {
    task,
    filter,
    metric,
    items: Math.min(first.items, second.items),
    first: first.value,
    second: second.value,
    difference: { value, error },
    interval: [value - NORMAL_95 * error, value + NORMAL_95 * error],
    changed: [],
    unmatched: 0,
    paired: false,
  };
}

/** The harness has `"acc,none": 0.5, "acc_stderr,none": 0.1` for a task. */
function scoresIn({ results, "n-samples": counts }: JsonObject): ReadonlyMap<string, Score> {
  const scores = new Map<string, Score>();
  for (const [task, fields] of entriesOf(results)) {
    const values = new Map(entriesOf(fields));
    const sampled = isJsonObject(counts) ? counts[task] : undefined;
    const items = isJsonObject(sampled) ? Number(sampled.effective) : 0;
    for (const [name, value] of values) {
      const [metric = "", filter = "none"] = name.split(",");
      if (typeof value !== "number" || metric.endsWith("_stderr") || !name.includes(",")) continue;
      const error = values.get(`${metric}_stderr,${filter}`);
      scores.set(keyOf({ task, filter, metric }), {
        value,
        error: typeof error === "number" ? error : Number.NaN,
        items,
      });
    }
  }
  return scores;
}

const entriesOf = (value: JsonValue | undefined): [string, JsonValue | undefined][] =>
  isJsonObject(value) ? Object.entries(value) : [];
