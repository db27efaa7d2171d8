/** Comma-separated values (RFC 4180), or values between tabs -> records of texts, in constant memory. */
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

interface TableLayout {
  readonly delimiter: "," | "\t";
  /** Names of the columns, or what makes them of the first line. */
  readonly columns: readonly string[] | ((header: readonly string[]) => readonly string[]);
  /**
   * Whether quotes and the number of cells must be right. Else a row may lack cells, and tables with tabs know
   * no quotes, as GLUE's have it.
   */
  readonly strict: boolean;
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
  const columns = (header: readonly string[]) => checkHeader(header, name);
  for await (const { place, record } of tableRecords(chunks, name, { delimiter, columns, strict: true })) {
    yield new JsonFields(place, "", record);
  }
}

interface TableRecord {
  /** The name with the number of the line on which the record ends. */
  readonly place: string;
  readonly record: Readonly<Record<string, string>>;
}

/** As `csvRecords`, of other tables too. */
export async function* tableRecords(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  { delimiter, columns, strict }: TableLayout,
): AsyncGenerator<TableRecord, void, void> {
  const { CsvError, parse } = await import("csv-parse");
  const parser = parse({
    delimiter,
    columns: typeof columns === "function" ? (header: string[]) => [...columns(header)] : [...columns],
    info: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
    ...(strict ? {} : { relax_column_count: true, relax_quotes: true }),
    ...(strict || delimiter === "," ? {} : { quote: null }),
  });
  pipeline(Readable.from(textChunks(chunks, name)), parser, () => {}); // the loop below throws its errors
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      yield { place: `${name}:${info.lines}`, record };
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
