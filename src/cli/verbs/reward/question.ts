/** A line of JSON of `gpt reward`: a text, or a pair of which one text was preferred. */

import { completionIn, preferenceIn } from "../../../data/index.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { fieldsOf, messagesIn } from "../../../files/written.ts";
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
  const fields = fieldsOf(record);
  if (record.get("chosen") !== undefined || record.get("rejected") !== undefined) {
    const group = by === undefined ? undefined : groupOf(record, by);
    const { prompt, chosen, rejected } = pairIn(record);
    return {
      kind: "pair",
      answers: [chosen, rejected].map((completion) => ({ prompt, completion, fields })),
      group,
    };
  }
  return { kind: "text", answers: [{ ...answerIn(record), fields }] };
}

/** Whole texts stay whole. */
function pairIn(record: JsonFields) {
  const names = ["prompt", "chosen", "rejected"];
  if (names.some((name) => Array.isArray(record.get(name)))) return preferenceIn(record);
  const prompt = record.optionalString("prompt");
  return { prompt, chosen: record.string("chosen"), rejected: record.string("rejected") };
}

function answerIn(record: JsonFields): Answer {
  const has = (name: string) => record.get(name) !== undefined;
  if (has("messages")) return { completion: messagesIn(record, "messages") };
  if (has("text") && !has("completion")) return { completion: record.string("text") };
  return has("prompt") ? completionIn(record) : { completion: record.string("completion") };
}

function groupOf(record: JsonFields, by: string): string {
  const value = record.get(by);
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return record.fail(by, "a text, a number, true or false");
}
