/**
 * Rows of a Parquet file (Apache), which most data sets of the hub are stored in. hyparquet reads it, and is
 * loaded when there is one; Node.js unpacks pages that are no Snappy.
 */

import zlib, { brotliDecompressSync, gunzipSync } from "node:zlib";
import { GptError } from "../../errors.ts";
import type { JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import type { Fields } from "./definition.ts";

/** @throws GptError `invalid-file` for other bytes, and for a compression that is unknown here */
export async function parquetRows(bytes: Uint8Array, path: string): Promise<Fields[]> {
  const { parquetReadObjects } = await import("hyparquet");
  const whole = new Uint8Array(bytes).buffer;
  const file = {
    byteLength: whole.byteLength,
    slice: (begin: number, end?: number) => whole.slice(begin, end),
  };
  const compressors = {
    GZIP: (page: Uint8Array) => gunzipSync(page),
    BROTLI: (page: Uint8Array) => brotliDecompressSync(page),
    ZSTD: zstd,
  };
  try {
    const rows = await parquetReadObjects({ file, compressors });
    return rows.map((row) => plain(row) as Fields);
  } catch (error) {
    if (error instanceof ZstdError) throw new GptError("invalid-file", `${path}: ${error.message}`);
    const problem = error instanceof Error ? error.message : String(error);
    throw new GptError("invalid-file", `${path}: is no Parquet file that can be read: ${quote(problem)}`);
  }
}

class ZstdError extends Error {}

/** Node.js has it from 22.15 on. */
function zstd(input: Uint8Array): Uint8Array {
  const { zstdDecompressSync: unpack } = zlib as { zstdDecompressSync?: (input: Uint8Array) => Uint8Array };
  if (unpack !== undefined) return unpack(input);
  throw new ZstdError("its pages are packed with zstd: Node.js 22.15 or later unpacks them");
}

/** Integers of 64 bits become numbers, and bytes a list of them. */
function plain(value: unknown): JsonValue {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return (value ?? null) as JsonValue;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
