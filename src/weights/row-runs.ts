/** Order of the rows of stored tensors. */
import type { WeightSource } from "../families/description.ts";

/** Rows that follow each other in a stored tensor and in the outputs that it fills. */
export interface RowRun {
  /** The first row in the stored tensor. */
  readonly row: number;
  /** The first of the outputs. */
  readonly output: number;
  readonly count: number;
}

/** The runs in stored order. @param rows of the stored tensor */
export function rowRuns({ rowGroups }: WeightSource, rows: number): RowRun[] {
  if (rowGroups === undefined) return [{ row: 0, output: 0, count: rows }];
  const runs: RowRun[] = [];
  let row = 0;
  for (let group = 0; group < rowGroups.count; group++) {
    let firstOfPart = 0;
    for (const count of rowGroups.rows) {
      runs.push({ row, output: firstOfPart + group * count, count });
      row += count;
      firstOfPart += rowGroups.count * count;
    }
  }
  return runs;
}
