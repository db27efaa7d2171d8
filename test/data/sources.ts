/** Training data that is made on the spot. */
import type { DataSource } from "../../src/data/index.ts";

/** A source of these bytes, in chunks of `size`. */
export function sourceOf(
  content: string | Uint8Array,
  {
    format,
    name = "data.txt",
    size = 1024,
  }: { format?: DataSource["format"]; name?: string; size?: number } = {},
): DataSource {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  async function* chunks() {
    for (let begin = 0; begin < bytes.length; begin += size) yield bytes.subarray(begin, begin + size);
  }
  return { name, format, fingerprint: undefined, chunks };
}

export const jsonLines = (...records: readonly unknown[]): DataSource =>
  sourceOf(records.map((record) => `${JSON.stringify(record)}\n`).join(""), {
    format: "json",
    name: "data.jsonl",
  });

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}
