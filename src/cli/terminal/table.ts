/** Tables for people, of text in any script. */
import { padEnd, padStart, textWidth } from "./width.ts";

/** Rows of cells in columns: those in `left` to the left, the others, which are numbers, to the right. */
export function table(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string {
  const columns = rows.reduce((count, row) => Math.max(count, row.length), 0);
  const widths = Array.from({ length: columns }, (_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? "")), 0),
  );
  const align = (cell: string, column: number) =>
    (left.includes(column) ? padEnd : padStart)(cell, widths[column] ?? 0);
  return rows.map((row) => `${row.map(align).join("  ").trimEnd()}\n`).join("");
}
