/**
 * What people prefer: prompts with a chosen and a rejected completion, and completions with a verdict. All are
 * texts, or all are messages.
 */
import { GptError } from "../errors.ts";
import type { JsonFields } from "../files/json-fields.ts";
import { asMessages, isSameMessage, type Messages, type Written, writtenIn } from "../files/written.ts";
import { contentOf } from "./records/content.ts";
import type { DataSource } from "./sources.ts";

export interface Preference {
  readonly prompt: Written;
  readonly chosen: Written;
  readonly rejected: Written;
  /** How much better the chosen one is. */
  readonly margin?: number;
  /** File and line, for errors. */
  readonly place: string;
}

export interface Verdict {
  readonly prompt: Written;
  readonly completion: Written;
  /** Whether the completion is wanted. */
  readonly label: boolean;
  readonly place: string;
}

/**
 * Reads sources one after the other. A record without a prompt has whole texts, such as hh-rlhf's, or whole
 * conversations: what both begin with is the prompt. Ties, as `gpt label` writes them, are left out, and other
 * fields are ignored.
 *
 * @throws GptError `invalid-file` for a source without records, and for a record without both completions;
 *   `not-found` for a source that cannot be read
 */
export async function* readPreferences(
  sources: readonly DataSource[],
): AsyncGenerator<Preference, void, void> {
  for await (const record of recordsOf(sources, '{"prompt": "...", "chosen": "...", "rejected": "..."}')) {
    if (record.get("tie") === true) continue;
    const margin = record.get("margin");
    if (margin !== undefined && typeof margin !== "number") record.fail("margin", "a number");
    const texts = preferenceIn(record);
    yield { ...texts, ...(typeof margin === "number" ? { margin } : {}), place: record.file };
  }
}

type Compared = Pick<Preference, "prompt" | "chosen" | "rejected">;

/** @throws GptError `invalid-file` as `readPreferences`, and for equal completions */
export function preferenceIn(record: JsonFields): Compared {
  const prompt = record.get("prompt") === undefined ? undefined : writtenIn(record, "prompt");
  const [chosen, rejected] = [writtenIn(record, "chosen"), writtenIn(record, "rejected")];
  const compared = comparedOf(prompt, chosen, rejected);
  if (JSON.stringify(compared.chosen) === JSON.stringify(compared.rejected))
    record.fail("rejected", "another text than chosen");
  if (compared.prompt.length > 0 || typeof compared.prompt === "string") return compared;
  return record.fail("rejected", "a conversation that begins as chosen does");
}

function comparedOf(prompt: Written | undefined, chosen: Written, rejected: Written): Compared {
  if (typeof chosen === "string" && typeof rejected === "string") {
    if (prompt === undefined) return divided(chosen, rejected);
    if (typeof prompt === "string") return { prompt, chosen, rejected };
  }
  const [own, other] = [asMessages(chosen, "assistant"), asMessages(rejected, "assistant")];
  return prompt === undefined
    ? dividedMessages(own, other)
    : withoutPrompt(asMessages(prompt, "user"), own, other);
}

/** Reads sources one after the other. @throws GptError as `readPreferences` */
export async function* readVerdicts(sources: readonly DataSource[]): AsyncGenerator<Verdict, void, void> {
  for await (const record of recordsOf(sources, '{"prompt": "...", "completion": "...", "label": true}')) {
    const label = record.get("label");
    if (typeof label !== "boolean") return void record.fail("label", "true or false");
    yield { ...completionIn(record), label, place: record.file };
  }
}

/** @throws GptError `invalid-file` for a record without prompt and completion */
export function completionIn(record: JsonFields): Pick<Verdict, "prompt" | "completion"> {
  const [prompt, completion] = [writtenIn(record, "prompt"), writtenIn(record, "completion")];
  if (typeof prompt === "string" && typeof completion === "string") return { prompt, completion };
  return { prompt: asMessages(prompt, "user"), completion: asMessages(completion, "assistant") };
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

/**
 * The common beginning is the prompt, up to the white space before the word in which the texts differ: a token
 * may hold a space and a word, but seldom the end of a word and the start of the next.
 */
function divided(chosen: string, rejected: string): Compared {
  let length = 0;
  while (length < Math.min(chosen.length, rejected.length) && chosen[length] === rejected[length]) length++;
  const prompt = /^.*\S(?=\s)/su.exec(chosen.slice(0, length))?.[0] ?? "";
  return { prompt, chosen: chosen.slice(prompt.length), rejected: rejected.slice(prompt.length) };
}

/** The messages that both begin with are the prompt. */
function dividedMessages(chosen: Messages, rejected: Messages): Compared {
  let length = 0;
  while (isSameMessage(chosen[length], rejected[length])) length++;
  return { prompt: chosen.slice(0, length), chosen: chosen.slice(length), rejected: rejected.slice(length) };
}

/** UltraFeedback's binarized form has the prompt once more at the beginning of both conversations. */
function withoutPrompt(prompt: Messages, chosen: Messages, rejected: Messages): Compared {
  const repeats = (own: Messages) => prompt.every((message, i) => isSameMessage(message, own[i]));
  const rest = (own: Messages) => (repeats(own) ? own.slice(prompt.length) : own);
  return { prompt, chosen: rest(chosen), rejected: rest(rejected) };
}
