/** Prompts that a policy answers: records with a prompt, and fields that rewards may read. */
import { GptError } from "../errors.ts";
import type { JsonObject } from "../files/json.ts";
import { fieldsOf, type Written, writtenIn } from "../files/written.ts";
import { contentOf } from "./records/content.ts";
import type { DataSource } from "./sources.ts";

export interface GivenPrompt {
  readonly prompt: Written;
  /** All fields of the record. */
  readonly fields: JsonObject;
  /** File and line, for errors. */
  readonly place: string;
}

/**
 * Reads sources one after the other.
 *
 * @throws GptError `invalid-file` for a source without records, and for a record without a prompt; `not-found`
 *   for a source that cannot be read
 */
export async function* readPrompts(sources: readonly DataSource[]): AsyncGenerator<GivenPrompt, void, void> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "text") {
      const problem = 'is text without prompts: expected .jsonl with lines {"prompt": "..."}';
      throw new GptError("invalid-file", `${source.name}: ${problem}`);
    }
    for await (const record of content.records) {
      yield { prompt: writtenIn(record, "prompt"), fields: fieldsOf(record), place: record.file };
    }
  }
}
