/**
 * Tiles of rows, side by side. The products of several queries then read one stream and compute one address
 * in a turn: attention of 144 rows takes 0.96 of the time (plain, Zen 4).
 */

import { scaleRow } from "../matmul/half-row";
import { SHIFT } from "../packing/half";

/** Queries that share the loads of keys and values. */
export const QUERY_TILE: usize = 4;

/**
 * out[i][r] = factor * x[r][i] for the QUERY_TILE rows of a tile.
 *
 * @param out f32 [count][QUERY_TILE]
 * @param rowBytes bytes from a row of x to the next
 */
export function interleaveTile(out: usize, x: usize, rowBytes: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const x1 = x + rowBytes;
  const x2 = x1 + rowBytes;
  const x3 = x2 + rowBytes;
  const stop = count << 2;
  let i: usize = 0;
  for (; i + 16 <= stop; i += 16) {
    const a = f32x4.mul(v128.load(x + i), factors);
    const b = f32x4.mul(v128.load(x1 + i), factors);
    const c = f32x4.mul(v128.load(x2 + i), factors);
    const d = f32x4.mul(v128.load(x3 + i), factors);
    const firstAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const firstCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const lastAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const lastCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f64>(firstAB, firstCD, 0, 2));
    v128.store(out, v128.shuffle<f64>(firstAB, firstCD, 1, 3), 16);
    v128.store(out, v128.shuffle<f64>(lastAB, lastCD, 0, 2), 32);
    v128.store(out, v128.shuffle<f64>(lastAB, lastCD, 1, 3), 48);
    out += 64;
  }
  for (; i < stop; i += 4) {
    f32.store(out, f32.load(x + i) * factor);
    f32.store(out, f32.load(x1 + i) * factor, 4);
    f32.store(out, f32.load(x2 + i) * factor, 8);
    f32.store(out, f32.load(x3 + i) * factor, 12);
    out += QUERY_TILE << 2;
  }
}

/** Writes 2^112 times each row, [count][D]; false as `scaleRow`. */
export function scaleRows(to: usize, x: usize, step: usize, count: usize, headDim: usize): bool {
  if (step == headDim << 2) return scaleRow(to, x, count * headDim);
  for (let i: usize = 0; i < count; i++) {
    if (!scaleRow(to + i * (headDim << 2), x + i * step, headDim)) return false;
  }
  return true;
}

/**
 * Writes the queries of each key/value head in tiles, [D][QUERY_TILE]. Queries that fill no tile are rows,
 * [D].
 *
 * @param to [count][D]. With `isScaled` it holds the rows times 2^112
 */
export function arrangeQueries(
  to: usize,
  x: usize,
  step: usize,
  headDim: usize,
  shared: usize,
  count: usize,
  isScaled: bool,
): void {
  for (let first: usize = 0; first < count; first += shared) {
    for (let i: usize = 0; i < shared; ) {
      const own = to + (((first + i) * headDim) << 2);
      const from = x + (first + i) * step;
      if (shared - i >= QUERY_TILE) {
        interleaveTile(own, from, step, headDim, isScaled ? SHIFT : 1);
        i += QUERY_TILE;
      } else {
        if (!isScaled) memory.copy(own, from, headDim << 2);
        i++;
      }
    }
  }
}
