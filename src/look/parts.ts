/** Names of the parts of a model that views change, and the changes. */
import type { Model } from "../engine/model.ts";
import { attentionIn } from "../model/mixers.ts";
import type { Grid } from "./grid.ts";
import type { Change } from "./watching.ts";

export type BranchKind = "attention" | "mlp";

/** The residual stream after a number of blocks. */
export const hiddenName = (blocks: number): string => `hidden.${blocks}`;

/** What the heads of a layer give, side by side, before the output projection: (T, H Dv). */
export const headsName = (layer: number): string => `blocks.${layer}.attention.output.input`;

/** What a branch adds to the residual stream. */
export const addedName = (layer: number, kind: BranchKind): string => `blocks.${layer}.${kind}.added`;

/** Query heads of each layer; 0 for a recurrent one. */
export const headCounts = ({ config }: Pick<Model, "config">): readonly number[] =>
  config.layers.map((layer) => attentionIn(layer)?.nHead ?? 0);

/** What a part is replaced by: zeros, its mean over the positions, or a result of another run. */
export type Replacement = "zero" | "mean" | "other";

/**
 * Replaces one of `count` equal groups of columns in all rows.
 *
 * @param source the same result of the unchanged run, or of another one
 */
export function replaceColumns(group: number, count: number, source: Grid, by: Replacement): Change {
  const whole = source.shape[1] as number;
  const size = whole / count;
  const means = by === "mean" ? columnMeans(source) : undefined;
  return (values, width, first) => {
    for (let row = 0; row < values.length / width; row++) {
      for (let i = group * size; i < (group + 1) * size; i++) {
        const other = by === "other" ? (source.values[(first + row) * whole + i] as number) : 0;
        values[row * width + i] = means ? (means[i] as number) : other;
      }
    }
  };
}

/** Replaces the row of one position. */
export const replaceRow =
  (position: number, row: Float32Array): Change =>
  (values, width, first) => {
    const at = (position - first) * width;
    if (at >= 0 && at < values.length) values.set(row, at);
  };

/** Several changes of a result, one after the other. */
export const allOf =
  (changes: readonly Change[]): Change =>
  (values, width, first) => {
    for (const change of changes) change(values, width, first);
  };

function columnMeans({ shape, values }: Grid): Float32Array {
  const [rows = 1, width = 0] = shape;
  const sums = new Float64Array(width);
  for (const [i, value] of values.entries()) sums[i % width] = (sums[i % width] as number) + value;
  return Float32Array.from(sums, (sum) => sum / rows);
}
