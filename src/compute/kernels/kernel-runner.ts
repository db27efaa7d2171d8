/** What all groups of operations stand on: kernels run on so many threads, with results in scratch memory. */

import type { Batch } from "../batch.ts";
import type { Heads, RotaryTable } from "../ops/ops.ts";
import type { Runtime } from "../runtime.ts";
import type { Tensor } from "../tensor.ts";
import { dimensions, elements } from "../tensor.ts";
import { COPY } from "./costs.ts";
import { type Kernel, kernels, TILE } from "./table.ts";

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

  /** A tensor in scratch memory, which holds whatever was there before. */
  protected tensor(...shape: number[]): Tensor {
    return { shape, ptr: this.runtime.scratch.allocate(elements(shape) * 4) };
  }

  /** The elements of a tensor where they lie: for as long as its memory is not released. */
  view(x: Tensor): Float32Array {
    return this.runtime.memory.f32(x.ptr, elements(x.shape));
  }

  /** Scratch memory for every thread: the address of the first one's. */
  protected scratch(bytesPerThread: number): number {
    return this.runtime.scratch.allocate(bytesPerThread * this.runtime.threads.count);
  }

  /** Rows in tiles, as the matrix product reads them (assembly/matmul/matmul.ts), from column `first` on; the last tile may lack rows. */
  protected interleaved(x: Tensor, first = 0, count = dimensions(x)[1]): Tensor {
    const [rows, width] = dimensions(x);
    const out = this.tensor(rows + this.tile, count);
    const source = { out: out.ptr, x: x.ptr + first * 4, k: count, stride: width };
    this.run(kernels.interleaveRows, rows, COPY * count, source);
    return out;
  }

  /** Rotary embedding, in place, of the query and key heads. Direction -1 turns back, which is the gradient. */
  protected rotate(
    qkv: Tensor,
    { nHead, nKvHead, headDim }: Heads,
    table: RotaryTable,
    { positions }: Batch,
    direction: 1 | -1,
  ): void {
    const [rows, width] = dimensions(qkv);
    const heads = nHead + nKvHead;
    this.run(kernels.rope, rows, COPY * heads * headDim, {
      x: qkv.ptr,
      cos: table.cos.ptr,
      sin: table.sin.ptr,
      positions: positions.ptr,
      heads,
      headDim,
      stride: width,
      direction,
    });
  }

  /** Runs a kernel; `cost` is that of one item, in multiply-adds. */
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
