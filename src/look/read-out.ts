/** The head of a model, applied to any rows of the residual stream. */
import type { Model } from "../engine/model.ts";
import { logits } from "../model/decoder.ts";
import { normalize } from "../model/layers.ts";
import { narrow } from "../model/streams/streams.ts";

/** Bytes of the logits of a chunk of rows. */
const CHUNK_BYTES = 32 << 20;

/** Rows whose logits are in memory at a time. */
export const rowsPerChunk = ({ config }: Pick<Model, "config">): number =>
  Math.max(1, Math.floor(CHUNK_BYTES / (4 * config.vocabSize)));

/**
 * Logits of rows of the residual stream, [rows, vocabulary]: the final norm with the statistics of these rows,
 * then the head. Those after the last block are the model's own, bit for bit.
 *
 * @param layer number of blocks that the rows have passed: models with parallel streams have several before
 *   the last
 */
export const readOut = (model: Model, rows: Float32Array, layer: number): Promise<Float32Array> =>
  model.compute((ops, decoder) => {
    const streams = layer < model.config.layers.length ? decoder.streams : undefined;
    const width = model.config.nEmbd * (streams ? streams.outOf.length + 1 : 1);
    const x = ops.write(rows, rows.length / width, width);
    const states = normalize(ops, decoder.finalNorm, narrow(ops, streams, x));
    return ops.read(logits(ops, decoder.head, states));
  });
