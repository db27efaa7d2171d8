/**
 * Wanda (Sun et al. 2023): the score of a weight is |W_ij| ||x_j||, with the norm of its input over all rows
 * of the calibration text. The lowest of each output become zero; the others stay as they are.
 */
import { InputSums, InputSumsOps } from "../compute/ops/input-sums-ops.ts";
import { dropped, markRows } from "./lowest.ts";
import { layersOf, readValues, writeValues } from "./matrices.ts";
import type { Pattern } from "./pattern.ts";
import type { PruneRun } from "./prune-run.ts";

/**
 * @param values [outputs, inputs]
 * @param norms of each input
 * @returns 1 for each weight to drop
 */
function wandaMask(values: Float32Array, norms: Float64Array, pattern: Pattern): Uint8Array {
  const inputs = norms.length;
  const scores = Float64Array.from(values, (w, i) => Math.abs(w) * (norms[i % inputs] ?? 0));
  return markRows(scores, inputs, pattern);
}

/** Block by block: the inputs of a block come through the blocks that were pruned before it. */
export async function pruneByWanda({ matrices, pattern, calibration, advance }: PruneRun): Promise<void> {
  const walk = await calibration();
  for (const layer of layersOf(matrices)) {
    const sums = new InputSums();
    await walk.observe(layer, (ops) => new InputSumsOps(ops, sums));
    for (const matrix of matrices.filter((own) => own.layer === layer)) {
      // An expert that no row has chosen is pruned by magnitude.
      const squares = sums.get(matrix.module)?.squares ?? new Float64Array(matrix.inputs).fill(1);
      const values = await readValues(matrix);
      const mask = wandaMask(values, squares.map(Math.sqrt), pattern);
      await writeValues(matrix, dropped(values, mask));
      advance(matrices.length);
    }
    await walk.advance(layer);
  }
}
