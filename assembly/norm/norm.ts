/**
 * Normalisation of rows. Sums of a row run over four lanes in the order of the elements, then over the lanes.
 *
 * Rows lie in groups, so that heads inside a wider row can be normalised in place. Row i starts `(i /
 * groupSize) * groupStride + (i % groupSize) * width` elements after x. Plain rows have groupSize 1 and
 * groupStride width. Row i of a group has its weights `i * weightStride` elements after the first: 0 if all
 * rows have the same.
 */
import { madd, sumLanes } from "../simd";

/**
 * out = (x - mean) / sqrt(variance + epsilon) * weight + bias, for rows [begin, end) (Ba et al. 2016).
 *
 * @param out f32, laid out like x, may be x
 * @param weight f32 [width], one or one for each row of a group
 * @param bias f32 [width], as the weights
 */
export function layerNorm(
  out: usize,
  x: usize,
  weight: usize,
  bias: usize,
  width: usize,
  groupSize: usize,
  groupStride: usize,
  weightStride: usize,
  epsilon: f32,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const within = row % groupSize;
    const offset = ((row / groupSize) * groupStride + within * width) << 2;
    const own = (within * weightStride) << 2;
    const w = weight + own;
    const b = bias + own;
    const from = x + offset;
    const to = out + offset;
    const mean = sum(from, bytes) / <f32>width;
    const deviation = Mathf.sqrt(sumOfSquares(from, bytes, mean) / <f32>width + epsilon);
    const scale: f32 = <f32>1 / deviation;
    const means = f32x4.splat(mean);
    const scales = f32x4.splat(scale);
    for (let i: usize = 0; i < vectors; i += 16) {
      const centred = f32x4.mul(f32x4.sub(v128.load(from + i), means), scales);
      v128.store(to + i, madd(centred, v128.load(w + i), v128.load(b + i)));
    }
    for (let i = vectors; i < bytes; i += 4) {
      f32.store(to + i, (f32.load(from + i) - mean) * scale * f32.load(w + i) + f32.load(b + i));
    }
  }
}

/**
 * out = x / sqrt(mean(x^2) + epsilon) * weight, for rows [begin, end) (Zhang & Sennrich 2019).
 *
 * @param out f32, laid out like x, may be x
 * @param weight f32 [width], one or one for each row of a group
 */
export function rmsNorm(
  out: usize,
  x: usize,
  weight: usize,
  width: usize,
  groupSize: usize,
  groupStride: usize,
  weightStride: usize,
  epsilon: f32,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const within = row % groupSize;
    const offset = ((row / groupSize) * groupStride + within * width) << 2;
    const w = weight + ((within * weightStride) << 2);
    const from = x + offset;
    const to = out + offset;
    const scale: f32 = <f32>1 / Mathf.sqrt(sumOfSquares(from, bytes, 0) / <f32>width + epsilon);
    const scales = f32x4.splat(scale);
    for (let i: usize = 0; i < vectors; i += 16) {
      v128.store(to + i, f32x4.mul(f32x4.mul(v128.load(from + i), scales), v128.load(w + i)));
    }
    for (let i = vectors; i < bytes; i += 4) {
      f32.store(to + i, f32.load(from + i) * scale * f32.load(w + i));
    }
  }
}

export function sum(x: usize, bytes: usize): f32 {
  const vectors = bytes & ~15;
  let lanes = f32x4.splat(0);
  for (let i: usize = 0; i < vectors; i += 16) lanes = f32x4.add(lanes, v128.load(x + i));
  let total = sumLanes(lanes);
  for (let i = vectors; i < bytes; i += 4) total += f32.load(x + i);
  return total;
}

/** Sum of (x - mean)^2. */
export function sumOfSquares(x: usize, bytes: usize, mean: f32): f32 {
  const vectors = bytes & ~15;
  const means = f32x4.splat(mean);
  let lanes = f32x4.splat(0);
  for (let i: usize = 0; i < vectors; i += 16) {
    const centred = f32x4.sub(v128.load(x + i), means);
    lanes = madd(centred, centred, lanes);
  }
  let total = sumLanes(lanes);
  for (let i = vectors; i < bytes; i += 4) {
    const centred = f32.load(x + i) - mean;
    total += centred * centred;
  }
  return total;
}
