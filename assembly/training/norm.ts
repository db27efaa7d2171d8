/**
 * Gradients of layer norm and RMS norm: out = n * weight + bias with n = (x - mean) / deviation. RMS norm has
 * mean 0 and no bias. Rows lie in groups, as in rmsNorm: row i starts `(i / groupSize) * groupStride + (i %
 * groupSize) * width` elements after the first.
 */
import { sum, sumOfSquares } from "../norm/norm";
import { madd, sumLanes } from "../simd";

/**
 * Mean and inverse deviation of rows [begin, end).
 *
 * @param out f32 [rows, 2]
 * @param x f32, rows of `width` in groups
 * @param centred whether the mean is subtracted (layer norm) or counts as 0 (RMS norm)
 */
export function normStatistics(
  out: usize,
  x: usize,
  width: usize,
  groupSize: usize,
  groupStride: usize,
  epsilon: f32,
  centred: bool,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const from = x + rowOffset(row, width, groupSize, groupStride);
    const mean: f32 = centred ? sum(from, bytes) / <f32>width : 0;
    const deviation = Mathf.sqrt(sumOfSquares(from, bytes, mean) / <f32>width + epsilon);
    f32.store(out + (row << 3), mean);
    f32.store(out + (row << 3), <f32>1 / deviation, 4);
  }
}

/**
 * Turns the gradient of the output into the gradient of the input, for rows [begin, end):
 * dx = (g - mean(g) - n mean(g n)) / deviation, where g = dy weight. RMS norm leaves out mean(g).
 *
 * @param gradient f32, laid out like x: dy on entry, dx on return
 * @param statistics f32 [rows, 2], from normStatistics
 */
export function normInputGradient(
  gradient: usize,
  x: usize,
  weight: usize,
  statistics: usize,
  width: usize,
  groupSize: usize,
  groupStride: usize,
  centred: bool,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const offset = rowOffset(row, width, groupSize, groupStride);
    const from = x + offset;
    const g = gradient + offset;
    const mean = f32.load(statistics + (row << 3));
    const scale = f32.load(statistics + (row << 3), 4);
    const means = f32x4.splat(mean);
    const scales = f32x4.splat(scale);
    let total = f32x4.splat(0);
    let product = f32x4.splat(0);
    for (let i: usize = 0; i < vectors; i += 16) {
      const v = f32x4.mul(v128.load(g + i), v128.load(weight + i));
      total = f32x4.add(total, v);
      product = madd(v, f32x4.mul(f32x4.sub(v128.load(from + i), means), scales), product);
    }
    let sumG = sumLanes(total);
    let sumGN = sumLanes(product);
    for (let i = vectors; i < bytes; i += 4) {
      const v = f32.load(g + i) * f32.load(weight + i);
      sumG += v;
      sumGN += v * (f32.load(from + i) - mean) * scale;
    }
    const meanG: f32 = centred ? sumG / <f32>width : 0;
    const meanGN: f32 = sumGN / <f32>width;
    for (let i: usize = 0; i < vectors; i += 16) {
      const v = f32x4.sub(f32x4.mul(v128.load(g + i), v128.load(weight + i)), f32x4.splat(meanG));
      const n = f32x4.mul(f32x4.sub(v128.load(from + i), means), scales);
      v128.store(g + i, f32x4.mul(f32x4.sub(v, f32x4.mul(n, f32x4.splat(meanGN))), scales));
    }
    for (let i = vectors; i < bytes; i += 4) {
      const v = f32.load(g + i) * f32.load(weight + i) - meanG;
      f32.store(g + i, (v - (f32.load(from + i) - mean) * scale * meanGN) * scale);
    }
  }
}

/**
 * Adds to the gradients of weight and bias, for the groups of four elements [begin, end), in the order of the
 * rows: dw += dy n, db += dy.
 *
 * @param dw f32 [width], padded to whole groups, or 0 for none
 * @param db f32 [width], padded to whole groups, or 0 for none
 */
export function normWeightGradient(
  dw: usize,
  db: usize,
  dy: usize,
  x: usize,
  statistics: usize,
  rows: usize,
  width: usize,
  groupSize: usize,
  groupStride: usize,
  begin: usize,
  end: usize,
): void {
  const first = begin << 4;
  const last = min(end << 4, width << 2);
  const vectors = first + ((last - first) & ~15);
  for (let row: usize = 0; row < rows; row++) {
    const offset = rowOffset(row, width, groupSize, groupStride);
    const g = dy + offset;
    const from = x + offset;
    const mean = f32.load(statistics + (row << 3));
    const scale = f32.load(statistics + (row << 3), 4);
    const means = f32x4.splat(mean);
    const scales = f32x4.splat(scale);
    for (let i = first; i < vectors; i += 16) {
      const v = v128.load(g + i);
      const n = f32x4.mul(f32x4.sub(v128.load(from + i), means), scales);
      if (dw != 0) v128.store(dw + i, madd(v, n, v128.load(dw + i)));
      if (db != 0) v128.store(db + i, f32x4.add(v128.load(db + i), v));
    }
    for (let i = vectors; i < last; i += 4) {
      const v = f32.load(g + i);
      if (dw != 0) f32.store(dw + i, f32.load(dw + i) + v * ((f32.load(from + i) - mean) * scale));
      if (db != 0) f32.store(db + i, f32.load(db + i) + v);
    }
  }
}

function rowOffset(row: usize, width: usize, groupSize: usize, groupStride: usize): usize {
  return ((row / groupSize) * groupStride + (row % groupSize) * width) << 2;
}
