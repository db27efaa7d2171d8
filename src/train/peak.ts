/** How fast the matrix product runs here: the measure of a training step, which is made of it. */
import { Region } from "../compute/memory.ts";
import { Ops } from "../compute/ops.ts";
import { Packing } from "../compute/packing.ts";
import type { Runtime } from "../compute/runtime.ts";

/** Rows, inputs and outputs: enough work for all threads, and a matrix that caches hold. */
const SIZE = 384;
const SECONDS = 0.1;

/** Floating-point operations a second of the fastest of the products that fit in a tenth of a second. */
export async function productPeak(runtime: Runtime, threads: number): Promise<number> {
  const { memory, scratch } = runtime;
  const region = new Region(memory);
  try {
    const packing = new Packing(runtime, threads, region);
    const ops = new Ops(runtime, threads);
    const zeros = new Float32Array(SIZE * SIZE);
    const rows = packing.tensor(zeros, SIZE, SIZE);
    const weight = await packing.packed(zeros, SIZE, SIZE);
    return await runtime.exclusively(async () => {
      const end = performance.now() + 1000 * SECONDS;
      let fastest = Number.POSITIVE_INFINITY;
      for (let start = performance.now(); start < end; ) {
        const mark = scratch.mark();
        ops.linear(rows, weight);
        scratch.release(mark);
        const now = performance.now();
        fastest = Math.min(fastest, now - start);
        start = now;
      }
      return (2 * SIZE ** 3 * 1000) / fastest;
    });
  } finally {
    region.freeAll();
  }
}
