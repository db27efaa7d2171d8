/**
 * SparseGPT (Frantar and Alistarh 2023): drops weights one input after another, and lets the later weights of
 * the output make up for the error as far as the inputs of the calibration text allow.
 */
import { InputGramsOps } from "../compute/training/input-grams-ops.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { ProductGradients } from "../compute/training/product-gradients.ts";
import { GptError } from "../errors.ts";
import type { OpenWeights } from "../weights/open.ts";
import { inverseFactor } from "./inverse-factor.ts";
import { markGroups, markLowest } from "./lowest.ts";
import { layersOf, type PrunedMatrix, readValues, writeValues } from "./matrices.ts";
import { type Pattern, zerosAmong } from "./pattern.ts";
import type { PruneRun } from "./prune-run.ts";

/** Inputs that a share is chosen among. */
const BLOCK = 128;

/** Block by block: the inputs of a block come through the blocks that were pruned before it. */
export async function pruneBySparseGpt(run: PruneRun): Promise<void> {
  const { matrices, open, sequences } = run;
  const walk = await run.calibration();
  for (const layer of layersOf(matrices)) {
    const own = matrices.filter((matrix) => matrix.layer === layer);
    using beside = open.beside();
    const grams = emptyGrams(own, beside);
    const gradients = new ProductGradients(open.runtime, open.threads);
    await walk.observe(layer, (ops) => new InputGramsOps(ops, gradients, grams));
    // Matrices with the same inputs, such as queries, keys and values, share their factor.
    for (const [module, gram] of grams) {
      const { packing } = beside;
      const whole = { packed: gram, packing, firstOutput: 0, outputs: gram.outputs, inputs: gram.inputs };
      const sums = Float64Array.from(await readValues(whole));
      const isDead = Array.from({ length: gram.inputs }, (_, i) => sums[i * gram.inputs + i] === 0);
      if (isDead.every((dead) => dead)) {
        const problem = `${module} has read nothing that sparsegpt can measure, such as experts`;
        throw new GptError("usage", `${run.path}: ${problem}: try wanda`);
      }
      const factor = inverseFactor(sums, gram.inputs, sequences.length);
      for (const matrix of own.filter((matrix) => matrix.module === module)) {
        const values = Float64Array.from(await readValues(matrix));
        sparseGpt(values, factor, matrix.inputs, isDead, run.pattern);
        await writeValues(matrix, Float32Array.from(values));
        run.advance(matrices.length);
      }
    }
    await walk.advance(layer);
  }
}

/** A matrix [inputs, inputs] of zeros for each module. */
function emptyGrams(matrices: readonly PrunedMatrix[], { packing, runtime, threads }: OpenWeights) {
  const optimizer = new OptimizerOps(runtime, threads);
  const modules = new Map(matrices.map(({ module, inputs }) => [module, inputs]));
  return new Map(
    [...modules].map(([module, inputs]) => {
      const gram = packing.matrix(inputs, inputs, "f32");
      optimizer.clear(gram);
      return [module, gram] as const;
    }),
  );
}

/**
 * Drops weights and corrects the others.
 *
 * @param values [outputs, inputs], which are overwritten
 * @param factor of `inverseFactor`, upper, [inputs, inputs]
 * @param isDead whether an input is always zero. Its weights become zero
 */
function sparseGpt(
  values: Float64Array,
  factor: Float64Array,
  inputs: number,
  isDead: readonly boolean[],
  pattern: Pattern,
): void {
  const outputs = values.length / inputs;
  for (let i = 0; i < values.length; i++) if (isDead[i % inputs]) values[i] = 0;
  for (let first = 0; first < inputs; first += BLOCK) {
    const last = Math.min(inputs, first + BLOCK);
    const width = last - first;
    const mask = new Uint8Array(outputs * width);
    const score = (begin: number, end: number) => {
      const scores = new Float64Array(outputs * (end - begin));
      for (let i = 0, to = 0; i < outputs; i++) {
        for (let j = begin; j < end; j++) {
          const [w, u] = [values[i * inputs + j] as number, factor[j * inputs + j] as number];
          scores[to++] = (w / u) ** 2;
        }
      }
      return scores;
    };
    if (pattern.kind === "share") {
      const scores = score(first, last);
      markLowest(scores, mask, 0, scores.length, zerosAmong(scores.length, pattern.sparsity));
    }
    for (let j = first; j < last; j++) {
      if (pattern.kind === "groups" && (j - first) % pattern.group === 0) {
        const end = Math.min(last, j + pattern.group);
        const scores = score(j, end);
        const own = new Uint8Array(scores.length);
        for (let i = 0; i < outputs; i++) {
          const range = [i * (end - j), (i + 1) * (end - j)] as const;
          markGroups(scores, own, range, pattern);
          mask.set(own.subarray(...range), i * width + (j - first));
        }
      }
      dropColumn(values, factor, inputs, j, (i) => mask[i * width + (j - first)] === 1);
    }
  }
}

/** Drops the marked weights of an input. The later inputs of the output take their error. */
function dropColumn(
  values: Float64Array,
  factor: Float64Array,
  inputs: number,
  column: number,
  isMarked: (output: number) => boolean,
): void {
  const row = factor.subarray(column * inputs, (column + 1) * inputs);
  for (let i = 0; i < values.length / inputs; i++) {
    if (!isMarked(i)) continue;
    const own = values.subarray(i * inputs, (i + 1) * inputs);
    const error = (own[column] as number) / (row[column] as number);
    for (let j = column + 1; j < inputs; j++) own[j] = (own[j] as number) - error * (row[j] as number);
    own[column] = 0;
  }
}
