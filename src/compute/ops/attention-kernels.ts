/**
 * Attention, rotary embedding and the key/value caches, as kernels. In shape comments: T rows, H heads, Hkv
 * key/value heads, D head dimension.
 */
import type { Batch } from "../batch.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { INT8_QUERY_EXTRA, kernels, QUERY_TILE } from "../kernels/table.ts";
import { wholeBlocks } from "../memory/kv-cache.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import type { AttentionLayer, DropoutRule, RotaryTable, WeightsHook } from "./ops.ts";

/** The layer's place in the rows' caches; `layer` counts bytes from the start of a block. */
function cachePlace(batch: Batch, { layer, nHead, nKvHead, headDim }: AttentionLayer) {
  const { tables, positions, layerOffsets, cacheDtype } = batch;
  return {
    tables: tables.ptr,
    positions: positions.ptr,
    layer: layerOffsets[layer] ?? 0,
    heads: nHead,
    kvHeads: nKvHead,
    headDim,
    int8: cacheDtype === "int8",
  };
}

/** Bytes of the scores of a query, and with int8 of the query itself. */
const scoreBytesOf = (longest: number, headDim: number, int8: boolean): number =>
  wholeBlocks(longest) * 4 + (int8 ? 2 * headDim + INT8_QUERY_EXTRA : 0);

export class AttentionKernels extends KernelRunner {
  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.rotate(qkv, attention, table, batch, 1);
  }

  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    const [rows] = dimensions(qkv);
    const cost = 2 * COPY * rows * attention.headDim;
    const { tables, positions, layer, heads, kvHeads, headDim, int8 } = cachePlace(batch, attention);
    const stored = { qkv: qkv.ptr, tables, positions, layer, rows, heads, kvHeads, headDim, int8 };
    this.run(kernels.storeKeysValues, kvHeads, cost, stored);
  }

  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, hook?: WeightsHook): Tensor {
    const [rows] = dimensions(qkv);
    const { nHead, nKvHead, headDim, scale } = attention;
    const out = this.tensor(rows, nHead * headDim);
    if (hook?.see) {
      this.#attentionInSteps(out, qkv, attention, batch, hook.dropout, hook.see);
      return out;
    }
    const { bounds, longest } = batch;
    const byRow = bounds.length - 1 === rows; // every row is a sequence of its own
    const { tables, positions, layer, heads, kvHeads, int8 } = cachePlace(batch, attention);
    const scoreBytes = scoreBytesOf(longest, headDim, int8);
    const [items, together] = byRow ? [rows * nKvHead, nHead / nKvHead] : [rows * nHead, 1];
    const cost = together * longest * (2 * headDim + TRANSCENDENTAL);
    this.temporarily(() => {
      this.run(kernels.attention, items, cost, {
        out: out.ptr,
        qkv: qkv.ptr,
        tables,
        positions,
        layer,
        rows,
        heads,
        kvHeads,
        headDim,
        scale,
        int8,
        dropout: hook?.dropout?.ptr ?? 0,
        byRow,
        scores: this.scratch((byRow ? nHead : QUERY_TILE) * scoreBytes),
        scoreBytes,
      });
    });
    return out;
  }

  /** Attention with its weights in memory between the softmax and the sum of the values. */
  #attentionInSteps(
    out: Tensor,
    qkv: Tensor,
    attention: AttentionLayer,
    batch: Batch,
    dropout: DropoutRule | undefined,
    see: (weights: Tensor) => void,
  ): void {
    const [rows] = dimensions(qkv);
    const { nHead, headDim, scale } = attention;
    const { longest } = batch;
    const cache = cachePlace(batch, attention);
    const scoreBytes = scoreBytesOf(longest, headDim, cache.int8);
    const cost = longest * (headDim + TRANSCENDENTAL);
    this.temporarily(() => {
      const weights = this.tensor(rows, nHead, longest);
      const common = {
        ...cache,
        weights: weights.ptr,
        longest,
        scores: this.scratch(scoreBytes),
        scoreBytes,
      };
      this.run(kernels.attentionWeights, rows * nHead, cost, { ...common, qkv: qkv.ptr, scale });
      see(weights);
      const sum = { ...common, out: out.ptr, rows, dropout: dropout?.ptr ?? 0 };
      this.run(kernels.attentionSum, rows * nHead, cost, sum);
    });
  }
}
