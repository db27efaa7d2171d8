/** The documents of training data, whatever holds them. */

import { textChunks } from "../files/text-chunks.ts";
import { LONGEST_STRETCH, splitDocuments } from "./document-splitter.ts";
import { jsonRecords } from "./json-records.ts";
import { recordParts } from "./record-parts.ts";
import type { DataSource } from "./sources.ts";

/** A document; of a long one, a stretch of it. */
export interface Stretch {
  readonly parts: readonly Part[];
  /** Whether the document starts, and ends, with it. */
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Text that is encoded by itself. */
export interface Part {
  readonly text: string;
  /** Whether a model learns to write it; else it only reads it. */
  readonly learned: boolean;
  /** Whether control tokens that are spelled out in it count. */
  readonly markup: boolean;
}

/**
 * Reads sources one after the other, in constant memory.
 *
 * @param longest UTF-16 units of a stretch
 * @throws GptError `not-found` for a file that cannot be read, `invalid-file` for one that is not UTF-8, or a line that is
 *   no record, with its number
 */
export async function* readDocuments(
  sources: readonly DataSource[],
  longest = LONGEST_STRETCH,
): AsyncGenerator<Stretch, void, void> {
  for (const { name, format, chunks } of sources) {
    const { first, all } = await peek(chunks());
    const isJson = (format ?? (/^(\ufeff)?\s*\{/.test(first) ? "jsonl" : "text")) === "jsonl";
    if (!isJson) yield* splitDocuments(textChunks(all, name), longest);
    else {
      for await (const record of jsonRecords(all, name)) {
        yield { parts: recordParts(record), starts: true, ends: true };
      }
    }
  }
}

/** The texts of documents, as a tokenizer is trained on them. */
export async function* readTexts(sources: readonly DataSource[]): AsyncGenerator<string, void, void> {
  for await (const { parts } of readDocuments(sources)) {
    for (const { text, markup } of parts) if (!markup) yield text;
  }
}

/** Looks at the start of a stream. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly first: string; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const start = await iterator.next();
  const first = start.done ? "" : Buffer.from(start.value.subarray(0, 64)).toString();
  return { first, all: continued(start, iterator) };
}

async function* continued<T>(
  start: IteratorResult<T>,
  rest: AsyncIterator<T>,
): AsyncGenerator<T, void, void> {
  try {
    for (let next = start; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
