/** Rows of a stored tensor and of the canonical matrix: where a file keeps them in another order. */
import type { RowOrder } from "../families/description.ts";

/** Rows that follow one another in both orders. */
export interface Run {
  /** The first of them among the canonical rows, and among the stored rows. */
  readonly canonical: number;
  readonly stored: number;
  readonly count: number;
}

/** Whether these rows are whole blocks: then they are the same rows in both orders. */
export const isWhole = ({ block }: RowOrder, first: number, count: number): boolean =>
  first % block === 0 && count % block === 0;

/**
 * Splits canonical rows into runs.
 *
 * @param order of the stored rows
 */
export const runsOf = (order: RowOrder, first: number, count: number): Run[] =>
  merged(first, count, (row) => ({ canonical: row, stored: storedRow(order, row) }));

/** Splits stored rows into runs. */
export const runsOfStored = (order: RowOrder, first: number, count: number): Run[] =>
  merged(first, count, (row) => ({ canonical: canonicalRow(order, row), stored: row }));

function merged(first: number, count: number, place: (row: number) => Omit<Run, "count">): Run[] {
  const runs: { canonical: number; stored: number; count: number }[] = [];
  for (let row = first; row < first + count; row++) {
    const { canonical, stored } = place(row);
    const last = runs.at(-1);
    if (last && last.canonical + last.count === canonical && last.stored + last.count === stored)
      last.count++;
    else runs.push({ canonical, stored, count: 1 });
  }
  return runs;
}

export function storedRow({ first = 0, block, groups, parts }: RowOrder, row: number): number {
  const group = parts.reduce((sum, part) => sum + part, 0);
  let within = (row % block) - first;
  if (within < 0 || within >= groups * group) return row;
  const start = row - within;
  let before = 0;
  for (const part of parts) {
    if (within < groups * part) return start + Math.floor(within / part) * group + before + (within % part);
    within -= groups * part;
    before += part;
  }
  throw new Error(`row ${row} is in no part`);
}

export function canonicalRow({ first: skipped = 0, block, groups, parts }: RowOrder, row: number): number {
  const group = parts.reduce((sum, part) => sum + part, 0);
  const within = (row % block) - skipped;
  if (within < 0 || within >= groups * group) return row;
  const number = Math.floor(within / group);
  let left = within % group;
  let first = row - within;
  for (const part of parts) {
    if (left < part) return first + number * part + left;
    left -= part;
    first += groups * part;
  }
  throw new Error(`row ${row} is in no part`);
}

/**
 * Copies a matrix whose rows are the inputs and whose columns are ordered.
 *
 * @param size bytes of an element
 * @param place the column of `from` that becomes a column of `to`
 */
export function moveColumns(
  from: Uint8Array,
  to: Uint8Array,
  columns: number,
  size: number,
  place: (column: number) => number,
): void {
  const places = Array.from({ length: columns }, (_, column) => place(column));
  for (let row = 0; row < from.length; row += columns * size) {
    for (const [column, source] of places.entries()) {
      const at = row + source * size;
      to.set(from.subarray(at, at + size), row + column * size);
    }
  }
}

/** Copies every `count`-th element of `size` bytes, from number `index` on. */
export function takeColumns(
  from: Uint8Array,
  to: Uint8Array,
  size: number,
  { index, count }: { readonly index: number; readonly count: number },
): void {
  for (let at = 0; at < to.length; at += size) {
    const begin = at * count + index * size;
    to.set(from.subarray(begin, begin + size), at);
  }
}
