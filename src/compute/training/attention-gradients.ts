/** Gradients of attention and of the rotary embedding. */
import type { Batch } from "../batch.ts";
import { TRANSCENDENTAL } from "../kernels/costs.ts";
import { BLOCK_POSITIONS, kernels, QUERY_TILE } from "../kernels/table.ts";
import { wholeBlocks } from "../memory/kv-shape.ts";
import { keysIn, mostSeen, valuesIn } from "../ops/attention-kernels.ts";
import type { AttentionLayer, RotaryTable } from "../ops/attention-layers.ts";
import type { DropoutRule } from "../ops/ops.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import { ProductGradients } from "./product-gradients.ts";

/** Keys and values that attention read, in rows of this layout, and the place of their gradient. */
export interface ReadKeys {
  readonly rows: Tensor;
  readonly gradient: Tensor;
  readonly layer: AttentionLayer;
  readonly batch: Batch;
}

/** What attention reads beside its rows, and the places of its gradients. */
export interface AttentionParts {
  /** Default: those in the rows. */
  readonly read?: ReadKeys;
  /** Biases of distances. */
  readonly bias?: Tensor | undefined;
  readonly dbias?: Tensor | undefined;
  /** Address of the gradient of the sinks. */
  readonly dsinks?: number;
  readonly dropout?: DropoutRule | undefined;
}

export class AttentionGradients extends ProductGradients {
  /** Turns the gradient of the rotary embedding back, in place. */
  rope(gradient: Tensor, layer: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.rotate(gradient, layer, table, batch, -1);
  }

  /** Turns the gradient of scaled queries into that of the queries, in place. */
  scaleQueries(gradient: Tensor, layer: AttentionLayer, factors: Tensor, batch: Batch): void {
    this.multiplyQueries(gradient, layer, factors, batch);
  }

  /**
   * Gradient of attention with respect to its rows, to the keys and values that they read, and to its biases
   * and sinks. The segments of the batches are whole sequences.
   */
  attention(
    dqueries: Tensor,
    dy: Tensor,
    queries: Tensor,
    layer: AttentionLayer,
    batch: Batch,
    parts: AttentionParts = {},
  ): void {
    const { bias, dbias, dsinks = 0, dropout } = parts;
    const read = parts.read ?? { rows: queries, gradient: dqueries, layer, batch };
    const [rows, stride] = dimensions(queries);
    const { nHead, nKvHead, headDim, valueDim, reach } = layer;
    const sequences = batch.bounds.length - 1;
    const longest = wholeBlocks(read.batch.longest);
    const tile = QUERY_TILE * Math.max(headDim, valueDim, BLOCK_POSITIONS);
    const weights = 2 * BLOCK_POSITIONS * (longest + 4);
    const scratchBytes = (longest * (headDim + valueDim) + weights + tile + longest) * 4;
    const queryCost = mostSeen(longest, reach) * (2 * headDim + valueDim + TRANSCENDENTAL);
    const cost = (batch.longest * nHead * queryCost) / nKvHead;
    const [keys, values] = [keysIn(read.layer) * 4, valuesIn(read.layer) * 4];
    const distances = bias ? dimensions(bias)[0] : 0;
    this.temporarily(() => {
      const biases = dbias && this.#zeros(sequences, distances * nHead);
      const sinks = dsinks === 0 ? undefined : this.#zeros(sequences, nHead);
      this.run(kernels.attentionGradient, sequences * nKvHead, cost, {
        dqueries: dqueries.ptr,
        dkeys: read.gradient.ptr + keys,
        dvalues: read.gradient.ptr + values,
        dout: dy.ptr,
        queries: queries.ptr,
        keys: read.rows.ptr + keys,
        values: read.rows.ptr + values,
        stride,
        keyStride: dimensions(read.rows)[1],
        bounds: batch.bounds.ptr,
        keyBounds: read.batch.bounds.ptr,
        rows,
        heads: nHead,
        kvHeads: nKvHead,
        headDim,
        valueDim,
        scale: layer.scale,
        longest,
        past: reach.past,
        future: reach.future,
        chunk: reach.chunk,
        softCap: layer.softCap ?? 0,
        slopes: layer.slopes?.ptr ?? 0,
        bias: bias?.ptr ?? 0,
        distances,
        sinks: layer.sinks?.ptr ?? 0,
        dbias: biases?.ptr ?? 0,
        dsinks: sinks?.ptr ?? 0,
        dropout: dropout?.ptr ?? 0,
        scratch: this.scratch(scratchBytes),
        scratchBytes,
      });
      if (dbias && biases) this.addRows(dbias.ptr, biases);
      if (sinks) this.addRows(dsinks, sinks);
    });
  }

  #zeros(...shape: readonly number[]): Tensor {
    const zeros = this.tensor(...shape);
    this.view(zeros).fill(0);
    return zeros;
  }

  /** Adds the rows of x, in their order, to the elements at an address. */
  protected addRows(target: number, x: Tensor): void {
    const [rows, width] = dimensions(x);
    const sums = this.runtime.memory.f32(target, width);
    const values = this.view(x);
    for (let i = 0; i < rows * width; i++) sums[i % width] = (sums[i % width] ?? 0) + (values[i] ?? 0);
  }
}
