/**
 * Takes out the layers that change the residual stream least (block influence, Men et al. 2024): 1 - the mean
 * cosine of what enters a layer and what leaves it, over all positions of the calibration text.
 */
import { GptError } from "../errors.ts";
import type { PruneRun, SmallerModel } from "./prune-run.ts";

export async function pruneLayers(run: PruneRun): Promise<SmallerModel> {
  const { config, values, path } = run;
  const count = config.layers.length;
  const zeros = run.pattern.kind === "share" ? Math.floor(count * run.pattern.sparsity) : 0;
  if (zeros === 0) {
    const problem = `of ${count} layers the sparsity leaves all`;
    throw new GptError("usage", `${path}: ${problem}: choose a share from ${(1 / count).toFixed(3)} on`);
  }
  const walk = await run.calibration();
  const influence: number[] = [];
  for (let layer = 0; layer < count; layer++) {
    const before = walk.states;
    await walk.advance(layer);
    influence.push(1 - meanCosine(before, walk.states, config.nEmbd));
    run.advance(count);
  }
  const order = [...influence.keys()].sort((a, b) => (influence[a] ?? 0) - (influence[b] ?? 0));
  const removed = order.slice(0, zeros).sort((a, b) => a - b);
  const kept = [...influence.keys()].filter((layer) => !removed.includes(layer));
  const renamed = [...values].flatMap(([name, matrix]) => {
    const [, layer, rest] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (layer === undefined) return [[name, matrix] as const];
    const place = kept.indexOf(Number(layer));
    return place < 0 ? [] : [[`blocks.${place}.${rest}`, matrix] as const];
  });
  const layers = config.layers.filter((_, layer) => kept.includes(layer));
  return { config: { ...config, layers }, values: new Map(renamed), layers: removed, heads: [] };
}

/** Over all positions of all sequences. */
function meanCosine(before: readonly Float32Array[], after: readonly Float32Array[], width: number): number {
  let [sum, rows] = [0, 0];
  for (const [i, a] of before.entries()) {
    const b = after[i] as Float32Array;
    for (let row = 0; row < a.length; row += width) {
      let [ab, aa, bb] = [0, 0, 0];
      for (let j = row; j < row + width; j++) {
        const [x, y] = [a[j] as number, b[j] as number];
        ab += x * y;
        aa += x * x;
        bb += y * y;
      }
      sum += ab / Math.sqrt(aa * bb);
      rows++;
    }
  }
  return sum / rows;
}
