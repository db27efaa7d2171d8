/**
 * Rows of data files: lines of JSON, a JSON list, tables with commas or tabs, each also compressed, and Parquet.
 */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { tableRecords } from "../../data/records/csv.ts";
import { GptError } from "../../errors.ts";
import { unpackBzip2 } from "../../files/bzip2.ts";
import { fileError } from "../../files/file.ts";
import { isJsonObject } from "../../files/json.ts";
import type { Fields, Source } from "./definition.ts";

/** A row with its place, for errors. */
export interface Row {
  readonly fields: Fields;
  readonly place: string;
}

/**
 * @param source how the rows lie in the file
 * @throws GptError `not-found` for a file that cannot be read, `invalid-file` for one that is not what its
 *   name says
 */
export async function readRows(path: string, source: Layout = {}): Promise<Row[]> {
  const name = path.replace(/\.(?:gz|bz2)$/, "");
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (extension === PARQUET) {
    const { parquetRows } = await import("./parquet.ts");
    const rows = await parquetRows(await readBytes(path), path);
    return rows.map((fields, i) => ({ fields, place: `${path}: row ${i}` }));
  }
  const delimiter = DELIMITERS[extension];
  if (delimiter !== undefined) {
    const { columns = (header: readonly string[]) => header } = source;
    const records = tableRecords(bytesOf(path), path, { delimiter, columns, strict: false });
    const rows: Row[] = [];
    for await (const { place, record } of records) rows.push({ place, fields: record });
    return rows;
  }
  const read = formats[extension];
  if (read === undefined) {
    const known = [...Object.keys(formats), ...Object.keys(DELIMITERS), PARQUET].join(", ");
    throw new GptError("invalid-file", `${path}: expected a name that ends in one of ${known}`);
  }
  return read(await readWhole(path), path, source.lines);
}

const PARQUET = "parquet";
const DELIMITERS: Readonly<Record<string, "," | "\t">> = { csv: ",", tsv: "\t" };

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    if (path.endsWith(".gz")) return await promisify(gunzip)(bytes);
    return path.endsWith(".bz2") ? unpackBzip2(bytes, path) : bytes;
  } catch (error) {
    throw fileError(path, "read", error);
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  yield await readBytes(path);
}

async function readWhole(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new GptError("invalid-file", `${path}: is not UTF-8 text`);
  }
}

type Layout = Pick<Source, "columns" | "lines">;
type Read = (text: string, path: string, lines?: number) => Row[];

const jsonLines: Read = (text, path) =>
  text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    return [{ place: `${path}:${i + 1}`, fields: objectOf(parsed(line), `${path}:${i + 1}`) }];
  });

const jsonList: Read = (text, path) => {
  const value = parsed(text);
  const list = isJsonObject(value) ? (value.data ?? value.rows) : value;
  if (!Array.isArray(list)) throw new GptError("invalid-file", `${path}: expected a list of objects in JSON`);
  return list.map((row, i) => ({ place: `${path}: row ${i}`, fields: objectOf(row, `${path}: row ${i}`) }));
};

/** Each line is a value, or each item some lines. */
const values: Read = (text, path, size = 1) => {
  const lines = text.replace(/\n$/, "").split("\n");
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, i) => {
    const own = lines.slice(i * size, (i + 1) * size);
    return { place: `${path}:${i * size + 1}`, fields: { label: own[0], text: own[0], lines: own } };
  });
};

const formats: Readonly<Record<string, Read>> = {
  jsonl: jsonLines,
  ndjson: jsonLines,
  json: jsonList,
  lst: values,
  txt: values,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown, place: string): Fields {
  if (isJsonObject(value)) return value;
  throw new GptError("invalid-file", `${place}: expected an object in JSON`);
}
