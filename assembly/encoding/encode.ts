/**
 * Encodes rows of floats as blocks of ggml, with the same bits as ggml (ggml-quants.c; of MXFP4 but for
 * blocks whose largest number is within 1e-7 below a power of two, where ggml's logarithm rounds up).
 *
 * A search that tries 20 scales for 32 numbers is a chain of sums. Four rows in the lanes of a vector keep
 * ggml's order of each sum, and take a quarter of its instructions.
 */
import { GgmlType } from "../packing/ggml-blocks";
import { fitParts, storeQ2K, storeQ45K } from "./k-blocks";
import { ENCODER_SCRATCH, loadRows } from "./lanes";
import { fitNonlinear, storeIQ4NL, storeIQ4XS } from "./nonlinear-blocks";
import { fitQ3K, fitQ6K, storeQ3K, storeQ6K } from "./signed-blocks";
import { fitBesideMin, fitMxfp4, fitWithoutMin, storeMxfp4, storeSmall } from "./small-blocks";

/**
 * Encodes groups [begin, end) of four rows.
 *
 * @param out blocks, `outStep` bytes from one row to the next
 * @param rows f32 [count][inputs]
 * @param inputs whole blocks of `block` elements and `blockBytes` bytes
 * @param importance f32 [inputs]: the mean square of each input, or 0
 * @param scratch [threads][ENCODER_SCRATCH]
 */
export function encodeBlocks(
  out: usize,
  outStep: usize,
  rows: usize,
  count: usize,
  inputs: usize,
  type: GgmlType,
  block: usize,
  blockBytes: usize,
  importance: usize,
  scratch: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const x = scratch + worker * ENCODER_SCRATCH;
  const rowBytes = inputs << 2;
  for (let group = begin; group < end; group++) {
    const first = group << 2;
    const last = count - 1;
    const a = rows + first * rowBytes;
    const b = rows + min(first + 1, last) * rowBytes;
    const c = rows + min(first + 2, last) * rowBytes;
    const d = rows + min(first + 3, last) * rowBytes;
    const spread = importance != 0 && block == 32 ? meanSquare(x, a, b, c, d, inputs) : f32x4.splat(0);
    let to = out + first * outStep;
    for (let i: usize = 0; i < inputs; i += block) {
      const at = i << 2;
      loadRows(x, a + at, b + at, c + at, d + at, block);
      fitBlock(type, x, importance == 0 ? 0 : importance + at, spread);
      for (let lane: usize = 0; lane < min(4, count - first); lane++)
        putBlock(type, to + lane * outStep, x, lane);
      to += blockBytes;
    }
  }
}

function meanSquare(x: usize, a: usize, b: usize, c: usize, d: usize, inputs: usize): v128 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < inputs << 2; i += 128) {
    loadRows(x, a + i, b + i, c + i, d + i, 32);
    for (let k: usize = 0; k < 512; k += 16) {
      const v = v128.load(x + k);
      sum = f32x4.add(sum, f32x4.mul(v, v));
    }
  }
  return f32x4.div(sum, f32x4.splat(<f32>inputs));
}

function fitBlock(type: GgmlType, x: usize, importance: usize, spread: v128): void {
  switch (type) {
    case GgmlType.Q2_K:
      return fitParts(x, importance, 16, 3, 15);
    case GgmlType.Q4_K:
      return fitParts(x, importance, 32, 15, 63);
    case GgmlType.Q5_K:
      return fitParts(x, importance, 32, 31, 63);
    case GgmlType.Q3_K:
      return fitQ3K(x, importance);
    case GgmlType.Q6_K:
      return fitQ6K(x, importance);
    case GgmlType.IQ4_NL:
      return fitNonlinear(x, importance, 1);
    case GgmlType.IQ4_XS:
      return fitNonlinear(x, importance, 8);
    case GgmlType.Q4_0:
      return fitWithoutMin(x, importance, spread, 8);
    case GgmlType.Q5_0:
      return fitWithoutMin(x, importance, spread, 16);
    case GgmlType.Q4_1:
      return fitBesideMin(x, importance, spread, 15);
    case GgmlType.Q5_1:
      return fitBesideMin(x, importance, spread, 31);
    default:
      return fitMxfp4(x);
  }
}

/** Writes the block of a lane. */
function putBlock(type: GgmlType, to: usize, x: usize, lane: usize): void {
  switch (type) {
    case GgmlType.Q2_K:
      return storeQ2K(to, x, lane);
    case GgmlType.Q4_K:
      return storeQ45K(to, x, lane, 4);
    case GgmlType.Q5_K:
      return storeQ45K(to, x, lane, 5);
    case GgmlType.Q3_K:
      return storeQ3K(to, x, lane);
    case GgmlType.Q6_K:
      return storeQ6K(to, x, lane);
    case GgmlType.IQ4_NL:
      return storeIQ4NL(to, x, lane);
    case GgmlType.IQ4_XS:
      return storeIQ4XS(to, x, lane);
    case GgmlType.Q4_0:
      return storeSmall(to, x, lane, 4, false);
    case GgmlType.Q5_0:
      return storeSmall(to, x, lane, 5, false);
    case GgmlType.Q4_1:
      return storeSmall(to, x, lane, 4, true);
    case GgmlType.Q5_1:
      return storeSmall(to, x, lane, 5, true);
    default:
      return storeMxfp4(to, x, lane);
  }
}
