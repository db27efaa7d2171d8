/** Texts to read with texts to write: records such as `{"input": "...", "target": "..."}`. */
import { GptError } from "../errors.ts";
import { contentOf } from "./records/content.ts";
import type { DataSource } from "./sources.ts";

export interface TextPair {
  readonly input: string;
  readonly target: string;
  /** Codes of their languages, where the record names them. */
  readonly sourceLanguage?: string | undefined;
  readonly targetLanguage?: string | undefined;
}

/** As `readTextPairs` reads it. */
export const pairRecord = ({ sourceLanguage, targetLanguage, ...texts }: TextPair) => ({
  ...texts,
  source_lang: sourceLanguage,
  target_lang: targetLanguage,
});

/**
 * Reads sources one after the other. Other fields of a record are ignored.
 * @throws GptError `invalid-file` for a source without records, and for a record without both texts;
 *   `not-found` for a source that cannot be read
 */
export async function* readTextPairs(sources: readonly DataSource[]): AsyncGenerator<TextPair, void, void> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "text") {
      const expected =
        'expected .jsonl with lines {"input": "...", "target": "..."}, or .csv with these columns';
      throw new GptError("invalid-file", `${source.name}: is text without targets: ${expected}`);
    }
    for await (const record of content.records) {
      yield {
        input: record.string("input"),
        target: record.string("target"),
        sourceLanguage: record.optionalString("source_lang") || undefined,
        targetLanguage: record.optionalString("target_lang") || undefined,
      };
    }
  }
}
