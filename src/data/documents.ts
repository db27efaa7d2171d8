/** Documents of training data, from text and from records. */

import { textChunks } from "../files/text-chunks.ts";
import { textOf } from "../files/written.ts";
import type { Dialogue, DocumentChunk } from "./document-chunk.ts";
import { LONGEST_CHUNK, splitDocuments } from "./document-splitter.ts";
import { contentOf } from "./records/content.ts";
import { documentOf } from "./records/record-document.ts";
import type { DataSource } from "./sources.ts";

/**
 * Reads sources one after the other, in constant memory.
 *
 * @param longest UTF-16 units of a chunk
 * @throws GptError `not-found` for a file that cannot be read, `invalid-file` for text that is not UTF-8, or
 *   for a record that is wrong, with its line
 */
export async function* readDocuments(
  sources: readonly DataSource[],
  longest = LONGEST_CHUNK,
): AsyncGenerator<DocumentChunk | Dialogue, void, void> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "text") yield* splitDocuments(textChunks(content.chunks, source.name), longest);
    else for await (const record of content.records) yield documentOf(record);
  }
}

/** Texts of all documents, for the training of a tokenizer. */
export async function* readTexts(sources: readonly DataSource[]): AsyncGenerator<string, void, void> {
  for await (const document of readDocuments(sources)) {
    if ("parts" in document) for (const { text } of document.parts) yield text;
    else {
      for (const message of [...document.messages, ...(document.completion ?? [])]) yield textOf([message]);
    }
  }
}
