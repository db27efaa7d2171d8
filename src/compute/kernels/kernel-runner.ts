/** Base of all classes of operations: runs kernels on threads, with results in scratch memory. */

import type { Batch } from "../batch.ts";
import type { AttentionLayer, RotaryTable } from "../ops/attention-layers.ts";
import type { Runtime } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import { dimensions, elements, type FloatLayout } from "../tensor.ts";
import { COPY } from "./costs.ts";
import { GROUP_BYTES, type Kernel, kernels, PANEL, TILE } from "./table.ts";

export class KernelRunner {
  protected readonly runtime: Runtime;
  readonly #threads: number;

  constructor(runtime: Runtime, threads: number) {
    this.runtime = runtime;
    this.#threads = threads;
  }

  /** Rows that the matrix product takes at a time. */
  protected get tile(): number {
    return TILE[this.runtime.simd];
  }

  /** A tensor in scratch memory. Its elements are not cleared. */
  protected tensor(...shape: number[]): Tensor {
    return { shape, ptr: this.runtime.scratch.allocate(elements(shape) * 4) };
  }

  /** The elements of a tensor where they lie. Valid until their memory is released. */
  view(x: Tensor): Float32Array {
    return this.runtime.memory.f32(x.ptr, elements(x.shape));
  }

  /** Scratch memory for each thread. Returns the address of the first thread's. */
  protected scratch(bytesPerThread: number): number {
    return this.runtime.scratch.allocate(bytesPerThread * this.runtime.threads.count);
  }

  /**
   * Bytes of a thread beside halves: for one row scaled, or for the panels that several rows share
   * (assembly/matmul/matmul.ts).
   */
  protected widenedBytes(dtype: FloatLayout, rows: number, inputs: number): number {
    if (dtype !== "f16") return 0;
    return rows === 1 ? inputs * 4 : Math.max(GROUP_BYTES, inputs * PANEL * 4);
  }

  /**
   * Columns of the rows from `first` on, interleaved in tiles for the matrix product
   * (assembly/matmul/matmul.ts). The last tile may lack rows.
   */
  protected interleaved(x: Tensor, first = 0, count = dimensions(x)[1]): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows + this.tile, count);
    const source = { out: out.ptr, x: x.ptr + first * 4, k: count, stride: width };
    this.run(kernels.interleaveRows, rows, COPY * count, source);
    return out;
  }

  /**
   * Rotary embedding, in place, of the query and key heads. Direction -1 turns back, which is the gradient.
   */
  protected rotate(
    qkv: Tensor,
    { nHead, nKvHead, headDim, queriesOnly }: AttentionLayer,
    table: RotaryTable,
    { angles }: Batch,
    direction: 1 | -1,
  ): void {
    const [rows, width] = dimensions(qkv);
    const heads = queriesOnly ? nHead : nHead + nKvHead;
    this.run(kernels.rope, rows, COPY * heads * headDim, {
      x: qkv.ptr,
      cos: table.cos.ptr,
      sin: table.sin.ptr,
      positions: angles.ptr,
      heads,
      headDim,
      rotated: 2 * dimensions(table.cos)[1],
      stride: width,
      direction,
    });
  }

  /** Multiplies the queries, in place, with the factor of their position. Their gradient is so too. */
  protected multiplyQueries(
    qkv: Tensor,
    { nHead, headDim }: AttentionLayer,
    factors: Tensor,
    { positions }: Batch,
  ): void {
    const [rows, stride] = dimensions(qkv);
    const width = nHead * headDim;
    const queries = { x: qkv.ptr, stride, width, factors: factors.ptr, positions: positions.ptr };
    this.run(kernels.scaleQueries, rows, COPY * width, queries);
  }

  /** Runs a kernel. `cost` is the cost of one item, in multiply-adds. */
  protected run<A>(kernel: Kernel<A>, items: number, cost: number, a: NoInfer<A>): void {
    this.runtime.threads.run(kernel, this.#threads, items, cost, a);
  }

  /** Releases all scratch memory that `work` takes. */
  protected temporarily(work: () => void): void {
    const { scratch } = this.runtime;
    const mark = scratch.mark();
    try {
      work();
    } finally {
      scratch.release(mark);
    }
  }
}
