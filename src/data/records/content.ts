/** Content of a source: text, or records in one of several formats. */
import type { JsonFields } from "../../files/json-fields.ts";
import type { DataSource, SourceFormat } from "../sources.ts";
import { csvRecords } from "./csv.ts";
import { arrayRecords } from "./json-array.ts";
import { jsonRecords } from "./json-lines.ts";

export type Content =
  | { readonly kind: "text"; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: "records"; readonly records: AsyncIterable<JsonFields> };

/**
 * Opens a source. Its first bytes tell the format if its name does not, and tell JSON lines from an array.
 */
export async function contentOf({ name, format, chunks }: DataSource): Promise<Content> {
  const { first, all } = await peek(chunks());
  const found = format ?? guess(first);
  switch (found) {
    case "text":
      return { kind: "text", chunks: all };
    case "json": {
      const records = /^\s*\[/.test(first) ? arrayRecords(all, name) : jsonRecords(all, name);
      return { kind: "records", records };
    }
    default:
      return { kind: "records", records: csvRecords(all, name, found === "csv" ? "," : "\t") };
  }
}

const guess = (first: string): SourceFormat => (/^\s*(\{|\[\s*\{)/.test(first) ? "json" : "text");

/** Bytes that tell the format. */
const PEEKED = 64;

/** The start of a stream, without a byte-order mark, and the whole stream. */
async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly first: string; readonly all: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  const start = await iterator.next();
  const first = start.done ? "" : Buffer.from(start.value.subarray(0, PEEKED)).toString();
  return { first: first.replace(/^\ufeff/, ""), all: continued(start, iterator) };
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
