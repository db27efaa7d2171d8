/** Measurements in the formats of llama-bench. */
import { snakeCase } from "../../../files/snake-case.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { padEnd, padStart, textWidth } from "../../terminal/width.ts";

export const benchFormats = ["md", "csv", "json", "jsonl"] as const;
export type BenchFormat = (typeof benchFormats)[number];

export interface BenchReport {
  /** For `json`: all of it. */
  readonly facts: object;
  /** For `csv` and `jsonl`: a measurement each, flat; all have the same names. */
  readonly records: readonly object[];
  /** For `md`: rows of cells, the first with the columns' names. */
  readonly cells: readonly (readonly string[])[];
  /** The columns of text; the others are numbers. */
  readonly left: readonly number[];
}

/** As text that ends its last line. */
export function formatted({ facts, records, cells, left }: BenchReport, format: BenchFormat): string {
  switch (format) {
    case "md":
      return markdown(cells, left);
    case "csv":
      return csv(records);
    case "json":
      return json(facts);
    case "jsonl":
      return records.map(json).join("");
  }
}

const json = (value: object): string => `${JSON.stringify(snakeCase(value))}\n`;

/** RFC 4180, with line feeds. */
function csv(records: readonly object[]): string {
  const rows = records.map((record) => Object.entries(snakeCase(record) as object));
  const names = rows[0]?.map(([name]) => name) ?? [];
  return [names, ...rows.map((row) => row.map(([, value]) => value))]
    .map((row) => `${row.map(field).join(",")}\n`)
    .join("");
}

function field(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table in GitHub's Markdown. Its columns are aligned in the text too. */
function markdown(cells: readonly (readonly string[])[], left: readonly number[]): string {
  const rows = cells.map((row) => row.map((cell) => visibleText(cell).replaceAll("|", "\\|")));
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => textWidth(row[column] ?? ""))));
  const line = (row: readonly string[]) => {
    const aligned = widths.map((width, column) =>
      (left.includes(column) ? padEnd : padStart)(row[column] ?? "", width),
    );
    return `| ${aligned.join(" | ")} |\n`;
  };
  const rule = widths.map((width, column) =>
    left.includes(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [head, rule, ...body].map(line).join("");
}
