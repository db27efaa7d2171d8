/** Comma-separated values (RFC 4180) with a header -> records of texts, in constant memory. */
import { pipeline, Readable } from "node:stream";
import { GptError } from "../../errors.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { textChunks } from "../../files/text-chunks.ts";

/** Characters of a record, as `lineText` limits lines. */
const LONGEST_RECORD = 2 ** 24;

interface CsvRecord {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Yields an object of every record, with the columns of the header as its fields. The `file` of a record is
 * the name with the number of the line on which it ends. csv-parse is loaded by the first call.
 *
 * @throws GptError `invalid-file` for text that is no CSV, with the line
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  delimiter: "," | "\t",
): AsyncGenerator<JsonFields, void, void> {
  const { CsvError, parse } = await import("csv-parse");
  const parser = parse({
    delimiter,
    columns: (header: string[]) => checkHeader(header, name),
    info: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
  });
  pipeline(Readable.from(textChunks(chunks, name)), parser, () => {}); // the loop below throws its errors
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      yield new JsonFields(`${name}:${info.lines}`, "", record);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? `:${error.lines}` : "";
    throw new GptError("invalid-file", `${name}${line}: is no CSV: ${error.message}`, { cause: error });
  }
}

function checkHeader(header: readonly string[], name: string): string[] {
  const twice = header.find((column, i) => header.indexOf(column) < i);
  if (twice === undefined) return header.map((column) => column.trim());
  throw new GptError("invalid-file", `${name}:1: the column ${quote(twice)} is there twice`);
}
