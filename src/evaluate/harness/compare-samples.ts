/** Two logs of samples, as --log-samples and lm-evaluation-harness write them, side by side. */
import { GptError } from "../../errors.ts";
import type { JsonObject } from "../../files/json.ts";
import { type PairedDifference, pairedDifference } from "./paired.ts";

/** A metric of a task, on the items that both logs have. */
export interface ComparedMetric extends PairedDifference {
  readonly task: string;
  readonly filter: string;
  readonly metric: string;
  /** Items whose values differ. */
  readonly changed: readonly number[];
  /** Items that one of the logs lacks. */
  readonly unmatched: number;
  /** Whether the error is that of items side by side. Else it is that of two means. */
  readonly paired: boolean;
}

/** Values of items of a metric, by the item. */
type Values = Map<number, { readonly value: number; readonly hash: unknown }>;

/** @throws GptError `invalid-file` for logs without a common metric, and for items of different data */
export function compareSamples(
  first: readonly JsonObject[],
  second: readonly JsonObject[],
): ComparedMetric[] {
  const [a, b] = [valuesOf(first), valuesOf(second)];
  const compared = [...a].flatMap(([key, values]) => {
    const others = b.get(key);
    return others === undefined ? [] : (compareMetric(key, values, others) ?? []);
  });
  if (compared.length > 0) return compared;
  throw new GptError("invalid-file", "the two logs have no task, item and metric in common");
}

function compareMetric(key: string, first: Values, second: Values): ComparedMetric | undefined {
  const [task, filter, metric] = JSON.parse(key) as [string, string, string];
  const ids = [...first.keys()].filter((id) => second.has(id)).sort((a, b) => a - b);
  if (ids.length === 0) return undefined;
  for (const id of ids) {
    const [one, other] = [first.get(id)?.hash, second.get(id)?.hash];
    if (one === undefined || other === undefined || one === other) continue;
    throw new GptError("invalid-file", `item ${id} of ${task} is another one in the second log: other data`);
  }
  const [a, b] = [first, second].map((values) => ids.map((id) => values.get(id)?.value as number));
  const changed = ids.filter((_, i) => a?.[i] !== b?.[i]);
  const unmatched = first.size + second.size - 2 * ids.length;
  return { task, filter, metric, ...pairedDifference(a ?? [], b ?? []), changed, unmatched, paired: true };
}

function valuesOf(samples: readonly JsonObject[]): ReadonlyMap<string, Values> {
  const all = new Map<string, Values>();
  for (const { task = "", filter = "none", doc_id: id, doc_hash: hash, metrics, ...values } of samples) {
    if (typeof id !== "number" || !Array.isArray(metrics)) continue;
    for (const metric of metrics) {
      const value = values[String(metric)];
      const key = JSON.stringify([task, filter, metric]);
      if (typeof value !== "number") continue;
      const known = all.get(key) ?? new Map();
      all.set(key, known);
      if (known.has(id)) {
        throw new GptError(
          "invalid-file",
          `item ${id} of ${task} stands twice: a log holds one model's samples`,
        );
      }
      known.set(id, { value, hash });
    }
  }
  return all;
}
