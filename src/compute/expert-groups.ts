/** Groups of rows and the matrices of their experts, read from memory by work that goes group by group. */
import { GROUP_RECORD } from "./kernels/table.ts";
import type { Memory } from "./memory/memory.ts";
import type { Indices, Matrix, MatrixTable } from "./tensor.ts";

interface Group {
  readonly expert: number;
  readonly first: number;
  readonly rows: number;
}

/** The groups that have rows. */
export function groupsIn(memory: Memory, groups: Indices): Group[] {
  const words = memory.u32(groups.ptr, (groups.length * GROUP_RECORD) / 4);
  return Array.from({ length: groups.length }, (_, i) => {
    const [expert = 0, first = 0, rows = 0] = words.subarray((i * GROUP_RECORD) / 4);
    return { expert, first, rows };
  }).filter(({ rows }) => rows > 0);
}

/** A matrix of a table. */
export const matrixIn = (
  memory: Memory,
  { outputs, inputs, dtype, addresses }: MatrixTable,
  number: number,
): Matrix => ({ outputs, inputs, dtype, ptr: addressIn(memory, addresses, number) });

/** An address of a table. */
export const addressIn = (memory: Memory, { ptr }: { readonly ptr: number }, number: number): number =>
  memory.u32(ptr + 4 * number, 1)[0] ?? 0;
