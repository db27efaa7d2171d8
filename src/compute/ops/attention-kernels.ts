/**
 * Attention, rotary embedding and the key/value caches, as kernels. Shapes as in ops.ts.
 */
import type { Batch } from "../batch.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { BLOCK_POSITIONS, kernels, QUERY_GROUP, SUMMARY_NUMBERS, TILE_WEIGHTS } from "../kernels/table.ts";
import { wholeBlocks } from "../memory/kv-shape.ts";
import { KV_LAYOUTS } from "../memory/kv-types.ts";
import { dimensions, expectShape, type Tensor } from "../tensor.ts";
import type { AttentionLayer, Heads, Reach, RotaryTable } from "./attention-layers.ts";
import type { DropoutRule, WeightsHook } from "./ops.ts";

/** Elements from the beginning of a row to its keys. */
export const keysIn = ({ nHead, headDim }: Heads): number => nHead * headDim;

/** Elements from the beginning of a row to its values. */
export const valuesIn = (heads: Heads): number => keysIn(heads) + heads.nKvHead * heads.headDim;

/** The layer's place in the rows' caches; `layer` counts bytes from the start of a block. */
function cachePlace(batch: Batch, { layer, nHead, nKvHead, headDim, valueDim, reach }: AttentionLayer) {
  const { tables, positions, lengths, places, cacheTypes } = batch;
  return {
    tables: tables[places.classOf[layer] ?? 0]?.ptr ?? 0,
    positions: positions.ptr,
    lengths: lengths.ptr,
    layer: places.offsets[layer] ?? 0,
    heads: nHead,
    kvHeads: nKvHead,
    headDim,
    valueDim,
    past: reach.past,
    future: reach.future,
    chunk: reach.chunk,
    keyType: KV_LAYOUTS[cacheTypes.keys].type,
    valueType: KV_LAYOUTS[cacheTypes.values].type,
  };
}

/** Bytes of the scores of a query with a sink. */
const scoreBytesOf = (longest: number, { sinks }: AttentionLayer): number =>
  (wholeBlocks(longest) + (sinks ? 4 : 0)) * 4;

/** Bytes for the f32 keys or values of a block of one head. */
const widenedBytes = ({ headDim, valueDim }: AttentionLayer): number =>
  BLOCK_POSITIONS * (Math.max(headDim, valueDim) + 3) * 4; // rows of values are whole fours

/** The most positions that a row sees. */
export const mostSeen = (longest: number, { past, future, chunk }: Reach): number =>
  Math.min(longest, past + future + 1, chunk || longest);

/** Multiply-adds of a query of one head. */
const costOf = (longest: number, { headDim, valueDim, reach }: AttentionLayer): number =>
  mostSeen(longest, reach) * (headDim + valueDim + TRANSCENDENTAL);

export class AttentionKernels extends KernelRunner {
  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.rotate(qkv, attention, table, batch, 1);
  }

  scaleQueries(qkv: Tensor, attention: AttentionLayer, factors: Tensor, batch: Batch): void {
    this.multiplyQueries(qkv, attention, factors, batch);
  }

  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    const [rows, stride] = dimensions(qkv);
    const place = cachePlace(batch, attention);
    const cost = COPY * rows * (place.headDim + place.valueDim);
    this.run(kernels.storeKeysValues, place.kvHeads, cost, {
      keys: qkv.ptr + keysIn(attention) * 4,
      values: qkv.ptr + valuesIn(attention) * 4,
      stride,
      tables: place.tables,
      positions: place.positions,
      layer: place.layer,
      rows,
      kvHeads: place.kvHeads,
      headDim: place.headDim,
      valueDim: place.valueDim,
      keyType: place.keyType,
      valueType: place.valueType,
    });
  }

  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, bias?: Tensor, hook?: WeightsHook): Tensor {
    const [rows, stride] = dimensions(qkv);
    const { nHead, nKvHead, scale, softCap, slopes, sinks } = attention;
    const out = this.tensor(rows, nHead * attention.valueDim);
    if (hook?.see) {
      this.#attentionInSteps(out, qkv, attention, batch, bias, hook.dropout, hook.see);
      return out;
    }
    const { bounds, longest } = batch;
    const byRow = bounds.length - 1 === rows; // every row is a sequence of its own
    const place = cachePlace(batch, attention);
    const scoreBytes = scoreBytesOf(longest, attention);
    const together = byRow ? nHead : QUERY_GROUP;
    const scratchBytes =
      together * (scoreBytes + 4 * attention.headDim) + TILE_WEIGHTS + widenedBytes(attention);
    const [items, group] = byRow ? [rows * nKvHead, nHead / nKvHead] : [rows * nHead, 1];
    this.temporarily(() => {
      this.run(kernels.attention, items, group * costOf(longest, attention), {
        out: out.ptr,
        queries: qkv.ptr,
        stride,
        tables: place.tables,
        positions: place.positions,
        lengths: place.lengths,
        layer: place.layer,
        rows,
        heads: nHead,
        kvHeads: nKvHead,
        headDim: place.headDim,
        valueDim: place.valueDim,
        scale,
        keyType: place.keyType,
        valueType: place.valueType,
        past: place.past,
        future: place.future,
        chunk: place.chunk,
        softCap: softCap ?? 0,
        slopes: slopes?.ptr ?? 0,
        bias: bias?.ptr ?? 0,
        distances: bias ? dimensions(bias)[0] : 0,
        sinks: sinks?.ptr ?? 0,
        dropout: hook?.dropout?.ptr ?? 0,
        byRow,
        scores: this.scratch(scratchBytes),
        scoreBytes,
        scratchBytes,
      });
    });
    return out;
  }

  summarizeWeights(weights: Tensor, batch: Batch, pool: number, cells: number): Tensor {
    const [rows = 0, heads = 0, longest = 0] = weights.shape;
    expectShape(pool * cells >= longest, () => `summarizeWeights: ${cells} cells of ${pool} of ${longest}`);
    const out = this.tensor(rows, heads, SUMMARY_NUMBERS + cells);
    this.run(kernels.summarizeWeights, rows * heads, TRANSCENDENTAL * longest, {
      out: out.ptr,
      weights: weights.ptr,
      positions: batch.positions.ptr,
      heads,
      longest,
      pool,
      cells,
    });
    return out;
  }

  /** Attention with its weights in memory between the softmax and the sum of the values. */
  #attentionInSteps(
    out: Tensor,
    qkv: Tensor,
    attention: AttentionLayer,
    batch: Batch,
    bias: Tensor | undefined,
    dropout: DropoutRule | undefined,
    see: (weights: Tensor) => void,
  ): void {
    const [rows, stride] = dimensions(qkv);
    const { nHead, scale, softCap, slopes, sinks } = attention;
    const { longest } = batch;
    const place = cachePlace(batch, attention);
    const scoreBytes = scoreBytesOf(longest, attention);
    const scratchBytes = QUERY_GROUP * scoreBytes + widenedBytes(attention);
    const items = nHead * Math.ceil(rows / QUERY_GROUP);
    const cost = QUERY_GROUP * costOf(longest, attention);
    this.temporarily(() => {
      const weights = this.tensor(rows, nHead, longest);
      const common = {
        ...place,
        rows,
        weights: weights.ptr,
        longest,
        scores: this.scratch(scratchBytes),
        scoreBytes,
        scratchBytes,
      };
      this.run(kernels.attentionWeights, items, cost, {
        ...common,
        queries: qkv.ptr,
        stride,
        scale,
        softCap: softCap ?? 0,
        slopes: slopes?.ptr ?? 0,
        bias: bias?.ptr ?? 0,
        distances: bias ? dimensions(bias)[0] : 0,
        sinks: sinks?.ptr ?? 0,
      });
      see(weights);
      const sum = { ...common, out: out.ptr, dropout: dropout?.ptr ?? 0 };
      this.run(kernels.attentionSum, items, cost, sum);
    });
  }
}
