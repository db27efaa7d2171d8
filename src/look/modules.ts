/** Modules of a decoder, and their weights as numbers. */
import type { Ops } from "../compute/ops/ops.ts";
import type { Matrix } from "../compute/tensor.ts";
import type { Block, Decoder } from "../model/modules.ts";

/** Bytes of the rows that are read at a time. */
const CHUNK_BYTES = 32 << 20;

/** A block, and the operations of the stage that holds it. */
export function blockOf(ops: Ops, { stages }: Decoder, layer: number): { ops: Ops; block: Block } {
  let first = 0;
  for (const [i, { blocks }] of stages.entries()) {
    const block = blocks[layer - first];
    if (block !== undefined) return { ops: ops.at(i), block };
    first += blocks.length;
  }
  throw new Error(`no layer ${layer}`);
}

/** Rows of a weight, row-major [rows, inputs]. Default: all rows. */
export function matrixRows(ops: Ops, weight: Matrix, rows?: readonly number[]): Float32Array {
  const { inputs, outputs } = weight;
  const wanted = rows ?? Array.from({ length: outputs }, (_, row) => row);
  const found = new Float32Array(wanted.length * inputs);
  const step = Math.max(1, Math.floor(CHUNK_BYTES / (4 * inputs)));
  for (let first = 0; first < wanted.length; first += step) {
    const chunk = ops.embedding({ weight }, ops.ids(wanted.slice(first, first + step)));
    found.set(ops.view(chunk), first * inputs);
  }
  return found;
}
