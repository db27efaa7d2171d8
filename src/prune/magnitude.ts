/** Magnitude pruning (Han et al. 2015): the smallest weights become zero, exactly as many as asked for. */
import { dropped, markRows } from "./lowest.ts";
import { type PrunedMatrix, readValues, writeValues } from "./matrices.ts";
import { zerosAmong } from "./pattern.ts";
import type { PruneRun } from "./prune-run.ts";

/** The share is one of each matrix. */
export async function pruneByMagnitude(run: PruneRun): Promise<void> {
  for (const matrix of run.matrices) await pruneTogether([matrix], run);
}

/** The share is one of all matrices: one threshold for all. */
export async function pruneByGlobalMagnitude(run: PruneRun): Promise<void> {
  await pruneTogether(run.matrices, run);
}

async function pruneTogether(
  matrices: readonly PrunedMatrix[],
  { pattern, advance }: PruneRun,
): Promise<void> {
  const maskOf =
    pattern.kind === "share"
      ? await smallest(matrices, pattern.sparsity)
      : (values: Float32Array, inputs: number) =>
          markRows(Float64Array.from(values, Math.abs), inputs, pattern);
  for (const matrix of matrices) {
    const values = await readValues(matrix);
    await writeValues(matrix, dropped(values, maskOf(values, matrix.inputs)));
    advance(matrices.length);
  }
}

async function smallest(matrices: readonly PrunedMatrix[], sparsity: number) {
  const count = matrices.reduce((sum, { outputs, inputs }) => sum + outputs * inputs, 0);
  const threshold = new MagnitudeThreshold(zerosAmong(count, sparsity));
  for (const matrix of matrices) threshold.count(await readValues(matrix));
  for (const matrix of matrices) threshold.refine(await readValues(matrix));
  return (values: Float32Array) => threshold.mark(values);
}

/** Values of 16 bits. */
const HALF = 2 ** 16;

/**
 * Finds the smallest magnitudes of numbers that are given in parts, three times, and never lie in memory at
 * once. Bits of magnitudes order as the magnitudes do, so two counts by 16 bits find the threshold.
 */
class MagnitudeThreshold {
  readonly #high = new Float64Array(HALF);
  readonly #low = new Float64Array(HALF);
  #bucket = -1;
  /** Numbers to choose below the bucket, inside it, and finally among those equal to the threshold. */
  #left: number;
  #threshold = -1;

  /** @param count of the lowest */
  constructor(count: number) {
    this.#left = count;
  }

  /** The first reading of each part. */
  count(values: Float32Array): void {
    for (const bits of magnitudes(values)) this.#high[bits >>> 16] = (this.#high[bits >>> 16] ?? 0) + 1;
  }

  /** The second reading of each part, in any order. */
  refine(values: Float32Array): void {
    if (this.#bucket < 0) this.#bucket = this.#place(this.#high);
    for (const bits of magnitudes(values)) {
      if (bits >>> 16 !== this.#bucket) continue;
      this.#low[bits % HALF] = (this.#low[bits % HALF] ?? 0) + 1;
    }
  }

  /** Marks the lowest of a part. Parts come in the order that decides among equal numbers. */
  mark(values: Float32Array): Uint8Array {
    if (this.#threshold < 0) this.#threshold = this.#bucket * HALF + this.#place(this.#low);
    return Uint8Array.from(magnitudes(values), (bits) => {
      if (bits < this.#threshold) return 1;
      return bits === this.#threshold && this.#left-- > 0 ? 1 : 0;
    });
  }

  /** The bucket that holds the last of the numbers to choose. Those of lower buckets are chosen. */
  #place(counts: Float64Array): number {
    let bucket = 0;
    while (bucket < HALF - 1 && this.#left > (counts[bucket] ?? 0)) {
      this.#left -= counts[bucket] ?? 0;
      bucket++;
    }
    return bucket;
  }
}

/** The bits of f32 without their signs. */
const magnitudes = ({ buffer, byteOffset, length }: Float32Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length).map((bits) => bits & 0x7fff_ffff);
