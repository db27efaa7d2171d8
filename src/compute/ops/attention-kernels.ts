/** Attention and what it reads, as kernels. In shape comments: T rows, H heads, Hkv key/value heads, D head dimension. */
import type { Batch } from "../batch.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { wholeBlocks } from "../memory/kv-cache.ts";
import { dimensions, type Tensor } from "../tensor.ts";
import type { AttentionLayer, RotaryTable, WeightsHook } from "./ops.ts";

/** As in assembly/attention/attention.ts. */
const QUERY_TILE = 4;

/** As in assembly/attention/int8.ts. */
const int8QueryBytes = (headDim: number): number => 2 * headDim + 16;

/** Where a layer of the rows' caches lies: tables, positions, bytes from the start of a block. */
function cachePlace({ tables, positions, layerOffsets }: Batch, { layer }: AttentionLayer): number[] {
  return [tables.ptr, positions.ptr, layerOffsets[layer] ?? 0];
}

export class AttentionKernels extends KernelRunner {
  rope(qkv: Tensor, attention: AttentionLayer, table: RotaryTable, batch: Batch): void {
    this.rotate(qkv, attention, table, batch, 1);
  }

  storeKeysValues(qkv: Tensor, attention: AttentionLayer, batch: Batch): void {
    const [rows] = dimensions(qkv);
    const { nHead, nKvHead, headDim } = attention;
    const cost = 2 * COPY * rows * headDim;
    const sizes = [rows, nHead, nKvHead, headDim, Number(batch.cacheDtype === "int8")];
    this.run("storeKeysValues", nKvHead, cost, qkv.ptr, ...cachePlace(batch, attention), ...sizes);
  }

  attention(qkv: Tensor, attention: AttentionLayer, batch: Batch, hook?: WeightsHook): Tensor {
    const [rows] = dimensions(qkv);
    const { nHead, nKvHead, headDim, scale } = attention;
    const out = this.tensor(rows, nHead * headDim);
    const { bounds, longest } = batch;
    const byRow = bounds.length - 1 === rows; // of a sequence each
    const int8 = batch.cacheDtype === "int8";
    const scoreBytes = wholeBlocks(longest) * 4 + (int8 ? int8QueryBytes(headDim) : 0);
    const [items, together] = byRow ? [rows * nKvHead, nHead / nKvHead] : [rows * nHead, 1];
    const cost = together * longest * (2 * headDim + TRANSCENDENTAL);
    const cache = cachePlace(batch, attention);
    const sizes = [rows, nHead, nKvHead, headDim, scale, Number(int8)];
    this.temporarily(() => {
      const scores = this.scratch((byRow ? nHead : QUERY_TILE) * scoreBytes);
      const how = [hook?.dropout?.ptr ?? 0, Number(byRow), scores, scoreBytes];
      this.run("attention", items, cost, out.ptr, qkv.ptr, ...cache, ...sizes, ...how);
    });
    return out;
  }
}
