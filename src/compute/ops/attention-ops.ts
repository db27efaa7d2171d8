/** Attention and what it reads. In shape comments: T rows, H heads, Hkv key/value heads, D head dimension. */
import type { Batch } from "../batch.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { type KvHeads, layerBytes, wholeBlocks } from "../memory/kv-cache.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import type { DropoutRule } from "../training/dropout.ts";

/** How queries, keys and values lie side by side in a row: [nHead | nKvHead | nKvHead] heads of headDim. */
export interface Heads extends KvHeads {
  readonly nHead: number;
}

/** Angles of the rotary embedding: cosines and sines, [positions, D/2] each. */
export interface RotaryTable {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** As in assembly/attention.ts. */
const QUERY_TILE = 4;

/** As in assembly/attention-int8.ts. */
const int8QueryBytes = (headDim: number): number => 2 * headDim + 16;

/** Where a layer of the rows' caches lies: tables, positions, bytes from the start of a block. */
function cachePlace(batch: Batch, layer: number, { nKvHead, headDim }: Heads): number[] {
  const { tables, positions, cacheDtype: dtype } = batch;
  return [tables.ptr, positions.ptr, layer * layerBytes({ nKvHead, headDim, dtype })];
}

export class AttentionOps extends KernelRunner {
  /** Rotary embedding, in place, of the query and key heads: (T, (H + 2 Hkv) D). Direction -1 turns back. */
  rope(
    qkv: Tensor,
    table: RotaryTable,
    { positions }: Batch,
    { nHead, nKvHead, headDim }: Heads,
    direction: 1 | -1 = 1,
  ): void {
    const [rows, width] = dimensions(qkv);
    const heads = nHead + nKvHead;
    const cost = COPY * heads * headDim;
    const angles = [table.cos.ptr, table.sin.ptr, positions.ptr];
    this.run("rope", rows, cost, qkv.ptr, ...angles, heads, headDim, width, direction);
  }

  /** Stores the rows' keys and values in their caches: (T, (H + 2 Hkv) D). */
  storeKeysValues(qkv: Tensor, batch: Batch, layer: number, heads: Heads): void {
    const [rows] = dimensions(qkv);
    const { nHead, nKvHead, headDim } = heads;
    const cost = 2 * COPY * rows * headDim;
    const sizes = [rows, nHead, nKvHead, headDim, Number(batch.cacheDtype === "int8")];
    this.run("storeKeysValues", nKvHead, cost, qkv.ptr, ...cachePlace(batch, layer, heads), ...sizes);
  }

  /** Causal attention of the rows over their caches: (T, (H + 2 Hkv) D) -> (T, H D). */
  attention(qkv: Tensor, batch: Batch, layer: number, heads: Heads, dropout?: DropoutRule): Tensor {
    const [rows] = dimensions(qkv);
    const { nHead, nKvHead, headDim } = heads;
    const out = this.tensor(rows, nHead * headDim);
    const { bounds, longest } = batch;
    const byRow = bounds.length - 1 === rows; // of a sequence each
    const int8 = batch.cacheDtype === "int8";
    const scoreBytes = wholeBlocks(longest) * 4 + (int8 ? int8QueryBytes(headDim) : 0);
    const [items, together] = byRow ? [rows * nKvHead, nHead / nKvHead] : [rows * nHead, 1];
    const cost = together * longest * (2 * headDim + TRANSCENDENTAL);
    const cache = cachePlace(batch, layer, heads);
    const sizes = [rows, nHead, nKvHead, headDim, 1 / Math.sqrt(headDim), Number(int8)];
    this.temporarily(() => {
      const scores = this.scratch((byRow ? nHead : QUERY_TILE) * scoreBytes);
      const how = [dropout?.ptr ?? 0, Number(byRow), scores, scoreBytes];
      this.run("attention", items, cost, out.ptr, qkv.ptr, ...cache, ...sizes, ...how);
    });
    return out;
  }
}
