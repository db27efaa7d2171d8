/** The head of a model, applied to any rows of the residual stream. */
import { READING_NUMBERS } from "../compute/kernels/table.ts";
import type { Ops } from "../compute/ops/ops.ts";
import { dimensions, type Tensor } from "../compute/tensor.ts";
import type { Model } from "../engine/model.ts";
import { exp } from "../generate/sampling/exp.ts";
import { logits } from "../model/decoder.ts";
import { normalize } from "../model/layers.ts";
import type { Decoder } from "../model/modules.ts";
import { narrow } from "../model/streams/streams.ts";

/** Bytes of the logits of a chunk of rows. */
const CHUNK_BYTES = 32 << 20;

/** Rows whose logits are in memory at a time. */
export const rowsPerChunk = ({ config }: Pick<Model, "config">): number =>
  Math.max(1, Math.floor(CHUNK_BYTES / (4 * config.vocabSize)));

/**
 * Logits of rows of the residual stream, [rows, vocabulary]: the final norm with the statistics of these
 * rows, then the head. Those after the last block are the model's own, bit for bit.
 *
 * @param layer number of blocks that the rows have passed: models with parallel streams have several before
 *   the last
 */
export const readOut = (model: Model, rows: Float32Array, layer: number): Promise<Float32Array> =>
  model.compute((ops, decoder) => ops.read(logitsOf(ops, decoder, model, rows, layer)));

/** What the head says of a row. Logarithms are natural. */
export interface RowReading {
  readonly entropy: number;
  /** The likeliest ids, the lower one of equals first, and their probabilities. */
  readonly top: readonly Likely[];
  /** ln p and rank of each id that was asked for; NaN and 0 for undefined ones. */
  readonly ids: readonly { readonly logProbability: number; readonly rank: number }[];
  /** KL(finals || this), with other logits. */
  readonly divergence: number;
}

interface Likely {
  readonly id: number;
  readonly probability: number;
}

interface Questions {
  /** Ids by row, equally many for each. */
  readonly ids: readonly (readonly (number | undefined)[])[];
  /** Likeliest ids. */
  readonly top: number;
  /** Logits that the rows are compared with, [rows, vocabulary]. */
  readonly finals?: Float32Array | undefined;
}

/** Stands for no id in the place of one. */
const NO_ID = 2 ** 32 - 1;

/** As `readOut`, for what is asked of the logits: they stay where they are. */
export const readRows = (
  model: Model,
  rows: Float32Array,
  layer: number,
  questions: Questions,
): Promise<RowReading[]> =>
  model.compute((ops, decoder) => readingsOf(ops, logitsOf(ops, decoder, model, rows, layer), questions));

/** As `readRows`, for rows after the last block, with their logits. */
export const readFinals = (
  model: Model,
  rows: Float32Array,
  questions: Questions,
): Promise<{ readonly readings: RowReading[]; readonly logits: Float32Array }> =>
  model.compute((ops, decoder) => {
    const x = logitsOf(ops, decoder, model, rows, model.config.layers.length);
    return { readings: readingsOf(ops, x, questions), logits: ops.read(x) };
  });

function readingsOf(ops: Ops, x: Tensor, { ids, top, finals }: Questions): RowReading[] {
  const [count, vocabulary] = dimensions(x);
  const wanted = ids.flatMap((list) => list.map((id) => id ?? NO_ID));
  const readings = ops.read(ops.readLogits(x, ops.ids(wanted), top));
  const divergences = finals && ops.read(ops.divergences(ops.write(finals, count, vocabulary), x));
  const size = readings.length / count;
  return ids.map((list, row) => {
    const divergence = divergences?.[row] ?? Number.NaN;
    return { ...readingOf(readings.subarray(row * size, (row + 1) * size), list.length), divergence };
  });
}

/** @param numbers of a row, as `Ops.readLogits` has them */
function readingOf(numbers: Float32Array, wanted: number): Omit<RowReading, "divergence"> {
  const [logSum = 0, entropy = 0] = numbers;
  const pairs = Array.from({ length: (numbers.length - READING_NUMBERS) / 2 }, (_, i) => {
    const [first = 0, logit = 0] = numbers.subarray(READING_NUMBERS + 2 * i);
    return { first, logProbability: logit - logSum };
  });
  const ids = pairs.slice(0, wanted).map(({ first: rank, logProbability }) => ({ rank, logProbability }));
  const top = pairs
    .slice(wanted)
    .map(({ first: id, logProbability }) => ({ id, probability: exp(logProbability) }));
  return { entropy, ids, top };
}

function logitsOf(ops: Ops, decoder: Decoder, { config }: Model, rows: Float32Array, layer: number): Tensor {
  const streams = layer < config.layers.length ? decoder.streams : undefined;
  const width = config.nEmbd * (streams ? streams.outOf.length + 1 : 1);
  const x = ops.write(rows, rows.length / width, width);
  const states = normalize(ops, decoder.finalNorm, narrow(ops, streams, x));
  return logits(ops, decoder.head, states);
}
