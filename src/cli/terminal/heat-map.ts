/** Numbers between 0 and 1 as cells: two rows a line in colours, or characters of growing weight without. */
import type { Style } from "./style.ts";

const CHARACTERS = " .:-=+*#%@";
const BARS = "▁▂▃▄▅▆▇█";

/** Rows of as many numbers each. */
export type Rows = readonly (readonly number[])[];

/** Lines of a map. With colours a line shows two rows, the upper one as the upper half of its cells. */
export function heatMap(rows: Rows, style: Style): string[] {
  if (!style.enabled) return rows.map((row) => row.map(character).join("").trimEnd());
  const lines: string[] = [];
  for (let i = 0; i < rows.length; i += 2) {
    const [upper = [], lower] = [rows[i], rows[i + 1]];
    lines.push(upper.map((value, j) => style.halves(value, lower?.[j])).join(""));
  }
  return lines;
}

const character = (value: number): string => CHARACTERS[step(value, CHARACTERS.length)] as string;

/** A character for each number, of growing height. */
export const sparkline = (values: readonly number[]): string =>
  values.map((value) => (Number.isNaN(value) ? " " : BARS[step(value, BARS.length)])).join("");

/** A bar of at most `width` characters for a share. */
export const bar = (share: number, width: number): string =>
  "█".repeat(Math.round(Math.min(1, Math.max(0, share)) * width));

const step = (value: number, count: number): number =>
  Math.min(count - 1, Math.max(0, Math.floor(value * count)));
