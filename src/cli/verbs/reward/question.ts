/** A line of JSON of `gpt reward`: a text, or a pair of which one text was preferred. */

import type { JsonObject } from "../../../files/json.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import type { Answer } from "../../../train/rewards/reward.ts";

export interface Question {
  readonly kind: "text" | "pair";
  /** One, or of a pair the chosen and the rejected one. */
  readonly answers: readonly Answer[];
  /** Of a pair. */
  readonly group?: string | undefined;
}

/**
 * @param by field with the name of the group
 * @throws GptError `invalid-file` for a line with none of the shapes
 */
export function questionOf(record: JsonFields, by: string | undefined): Question {
  const prompt = record.optionalString("prompt");
  const fields: JsonObject = Object.fromEntries(record.names.map((name) => [name, record.get(name) ?? null]));
  const answer = (name: string): Answer => ({
    ...(name === "text" ? {} : { prompt }),
    completion: record.string(name),
    fields,
  });
  if (record.get("chosen") !== undefined || record.get("rejected") !== undefined) {
    const group = by === undefined ? undefined : groupOf(record, by);
    return { kind: "pair", answers: [answer("chosen"), answer("rejected")], group };
  }
  const isWhole = record.get("text") !== undefined && record.get("completion") === undefined;
  return { kind: "text", answers: [isWhole ? answer("text") : answer("completion")] };
}

function groupOf(record: JsonFields, by: string): string {
  const value = record.get(by);
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return record.fail(by, "a text, a number, true or false");
}
