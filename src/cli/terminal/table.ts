/** Tables for people, of text in any script. */
import { padEnd, padStart, textWidth } from "./width.ts";

/** Rows of cells in columns. Columns in `left` are aligned left; the others are numbers, aligned right. */
export function table(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string {
  const columns = rows.reduce((count, row) => Math.max(count, row.length), 0);
  // Nothing stands to the right of a last column that lies to the left: one long cell must not widen all
  // others.
  const aligned = left.includes(columns - 1) ? columns - 1 : columns;
  const widths = Array.from({ length: aligned }, (_, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column] ?? "")), 0),
  );
  const align = (cell: string, column: number) => {
    const width = widths[column];
    if (width === undefined) return cell;
    return (left.includes(column) ? padEnd : padStart)(cell, width);
  };
  return rows.map((row) => `${row.map(align).join("  ").trimEnd()}\n`).join("");
}
