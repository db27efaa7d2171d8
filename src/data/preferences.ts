/** Texts that people prefer: prompts with a chosen and a rejected completion, and completions with a verdict. */
import { GptError } from "../errors.ts";
import type { JsonFields } from "../files/json-fields.ts";
import { contentOf } from "./records/content.ts";
import type { DataSource } from "./sources.ts";

export interface Preference {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** How much better the chosen one is. */
  readonly margin?: number;
  /** File and line, for errors. */
  readonly place: string;
}

export interface Verdict {
  readonly prompt: string;
  readonly completion: string;
  /** Whether the completion is wanted. */
  readonly label: boolean;
  readonly place: string;
}

/**
 * Reads sources one after the other. A record without a prompt has whole texts, such as hh-rlhf's: what both
 * begin with is the prompt. Other fields are ignored.
 *
 * @throws GptError `invalid-file` for a source without records, and for a record without both texts;
 *   `not-found` for a source that cannot be read
 */
export async function* readPreferences(
  sources: readonly DataSource[],
): AsyncGenerator<Preference, void, void> {
  for await (const record of recordsOf(sources, '{"prompt": "...", "chosen": "...", "rejected": "..."}')) {
    const [chosen, rejected] = [textOf(record, "chosen"), textOf(record, "rejected")];
    const margin = record.get("margin");
    if (margin !== undefined && typeof margin !== "number") record.fail("margin", "a number");
    const texts =
      record.get("prompt") === undefined
        ? divided(chosen, rejected)
        : { prompt: textOf(record, "prompt"), chosen, rejected };
    if (texts.chosen === texts.rejected) record.fail("rejected", "another text than chosen");
    yield { ...texts, ...(typeof margin === "number" ? { margin } : {}), place: record.file };
  }
}

/** Reads sources one after the other. @throws GptError as `readPreferences` */
export async function* readVerdicts(sources: readonly DataSource[]): AsyncGenerator<Verdict, void, void> {
  for await (const record of recordsOf(sources, '{"prompt": "...", "completion": "...", "label": true}')) {
    const label = record.get("label");
    if (typeof label !== "boolean") return void record.fail("label", "true or false");
    const [prompt, completion] = [textOf(record, "prompt"), textOf(record, "completion")];
    yield { prompt, completion, label, place: record.file };
  }
}

async function* recordsOf(sources: readonly DataSource[], example: string): AsyncGenerator<JsonFields> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "records") yield* content.records;
    else {
      const problem = `is text without preferences: expected .jsonl with lines ${example}`;
      throw new GptError("invalid-file", `${source.name}: ${problem}`);
    }
  }
}

function textOf(record: JsonFields, name: string): string {
  const value = record.get(name);
  if (Array.isArray(value)) record.fail(name, "a text: lists of messages are not read yet");
  return record.string(name);
}

/**
 * The common beginning is the prompt, up to the white space before the word in which the texts differ: a token
 * may hold a space and a word, but seldom the end of a word and the start of the next.
 */
function divided(chosen: string, rejected: string): Pick<Preference, "prompt" | "chosen" | "rejected"> {
  let length = 0;
  while (length < Math.min(chosen.length, rejected.length) && chosen[length] === rejected[length]) length++;
  const prompt = /^.*\S(?=\s)/su.exec(chosen.slice(0, length))?.[0] ?? "";
  return { prompt, chosen: chosen.slice(prompt.length), rejected: rejected.slice(prompt.length) };
}
