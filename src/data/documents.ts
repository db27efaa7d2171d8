/** Documents of training data, from text and from records. */

import { textChunks } from "../files/text-chunks.ts";
import { LONGEST_STRETCH, splitDocuments } from "./document-splitter.ts";
import { contentOf } from "./records/content.ts";
import { recordParts } from "./records/record-parts.ts";
import type { DataSource } from "./sources.ts";

/** A document, or a part of a long one. */
export interface Stretch {
  readonly parts: readonly Part[];
  /** Whether it is the first, or the last, of its document. */
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Text that the tokenizer encodes by itself. */
export interface Part {
  readonly text: string;
  /** Whether a model learns to write it. A model only reads the other parts. */
  readonly learned: boolean;
  /** Whether the names of control tokens in it become control tokens. */
  readonly markup: boolean;
}

/**
 * Reads sources one after the other, in constant memory.
 *
 * @param longest UTF-16 units of a stretch
 * @throws GptError `not-found` for a file that cannot be read, `invalid-file` for text that is not UTF-8, or for a record that is
 *   wrong, with its line
 */
export async function* readDocuments(
  sources: readonly DataSource[],
  longest = LONGEST_STRETCH,
): AsyncGenerator<Stretch, void, void> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "text") yield* splitDocuments(textChunks(content.chunks, source.name), longest);
    else {
      for await (const record of content.records) {
        yield { parts: recordParts(record), starts: true, ends: true };
      }
    }
  }
}

/** Texts of all documents, for the training of a tokenizer. */
export async function* readTexts(sources: readonly DataSource[]): AsyncGenerator<string, void, void> {
  for await (const { parts } of readDocuments(sources)) {
    for (const { text, markup } of parts) if (!markup) yield text;
  }
}
