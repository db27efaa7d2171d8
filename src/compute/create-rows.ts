/** A tensor of given numbers. */
import type { Runtime } from "./runtime.ts";
import type { Tensor } from "./tensor.ts";

/** Copies vectors of one length into scratch memory, as the rows of a tensor. */
export function createRows({ memory, scratch }: Runtime, rows: readonly Float32Array[]): Tensor {
  const width = rows[0]?.length ?? 0;
  const ptr = scratch.allocate(rows.length * width * 4);
  const to = memory.f32(ptr, rows.length * width);
  for (const [i, row] of rows.entries()) to.set(row, i * width);
  return { shape: [rows.length, width], ptr };
}
