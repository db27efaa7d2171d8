/** Numbers and tables for people. Programs read --json. */

/** 1234567 -> "1,234,567". */
export const thousands = (count: number): string => count.toLocaleString("en-US");

/** Three significant digits with a unit of 1,000: 124439808 -> "124M". */
export const approximately = (count: number): string =>
  count.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });

const byteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** 6923264 -> "6.92 MB": three digits, and whole bytes. */
export function bytes(count: number): string {
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const scaled = count / 1000 ** power;
  return `${power === 0 ? count : scaled.toPrecision(3)} ${byteUnits[power]}`;
}

/** Names, and what belongs to them, in two columns. */
export function pairs(rows: readonly (readonly [name: string, fact: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, fact]) => `${name.padEnd(width)}  ${fact}\n`).join("");
}

/** Rows of cells in columns: the first to the left, the others, which are numbers, to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const align = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `${row.map(align).join("  ").trimEnd()}\n`).join("");
}

/** A rate, with three digits; "-" where nothing was measured. */
export const perSecond = (count: number, milliseconds: number): string =>
  count > 0 && milliseconds > 0
    ? ((1000 * count) / milliseconds).toLocaleString("en-US", { maximumSignificantDigits: 3 })
    : "-";
