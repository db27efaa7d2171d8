/**
 * Scores and sums of a row over blocks of integers with scales, as scores.ts and values.ts over the floats that
 * kv-read.ts makes of them: the same operations, so the same bits, without the floats in memory.
 */
import { halves } from "../packing/half";
import { madd, storePair } from "../simd";
import { BLOCK_POSITIONS, eightIntegers, integerRow, KvType, SCALE_BYTES, scaledBytes } from "./kv-layout";

/** As `scoreRow`. */
export function scoreRowScaled(
  scores: usize,
  query: usize,
  keys: usize,
  headDim: usize,
  scale: f32,
  type: KvType,
): void {
  if (type == KvType.Q8_0) Scaled.scores(KvType.Q8_0, scores, query, keys, headDim, scale);
  else Scaled.scores(KvType.Q4_0, scores, query, keys, headDim, scale);
}

/**
 * As `sumRow`, from the first dimension on.
 *
 * @param scales scratch f32 [BLOCK_POSITIONS]
 */
export function sumRowScaled(
  out: usize,
  weights: usize,
  values: usize,
  valueDim: usize,
  count: usize,
  adds: bool,
  type: KvType,
  scales: usize,
): void {
  if (type == KvType.Q8_0) Scaled.sums(KvType.Q8_0, out, weights, values, valueDim, count, adds, scales);
  else Scaled.sums(KvType.Q4_0, out, weights, values, valueDim, count, adds, scales);
}

/** A class, because only methods can be marked for inlining. Callers pass constants for `type`. */
class Scaled {
  /** Eight positions at a time. Each lane is a position and has its own scale. */
  @inline
  static scores(type: KvType, scores: usize, query: usize, keys: usize, headDim: usize, scale: f32): void {
    const factors = f32x4.splat(scale);
    const stop = query + (headDim << 2);
    for (let position: usize = 0; position < BLOCK_POSITIONS; position += 8) {
      let a = f32x4.splat(0);
      let b = a;
      let block = keys;
      for (let q = query; q < stop; ) {
        const scaleA = halves(block + (position << 1));
        const scaleB = halves(block + (position << 1) + 8);
        let row = block + SCALE_BYTES;
        for (const end = q + 128; q < end; q += 4) {
          const integers = eightIntegers(type, row, position);
          const v = v128.load_splat<f32>(q);
          a = madd(v, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), scaleA), a);
          b = madd(v, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), scaleB), b);
          row += integerRow(type);
        }
        block += scaledBytes(type);
      }
      storePair(scores + (position << 2), f32x4.mul(a, factors), f32x4.mul(b, factors));
    }
  }

  /** Thirty-two dimensions at a time. Each row is a position and has its own scale. */
  @inline
  static sums(
    type: KvType,
    out: usize,
    weights: usize,
    values: usize,
    valueDim: usize,
    count: usize,
    adds: bool,
    scales: usize,
  ): void {
    const stop = weights + (count << 2);
    const toScale = scales - weights;
    for (const last = out + (valueDim << 2); out < last; out += 128) {
      for (let i: usize = 0; i < BLOCK_POSITIONS; i += 4) {
        v128.store(scales + (i << 2), halves(values + (i << 1)));
      }
      for (let d: usize = 0; d < 32; d += 16) {
        const to = out + (d << 2);
        let a = adds ? v128.load(to) : f32x4.splat(0);
        let b = adds ? v128.load(to, 16) : f32x4.splat(0);
        let e = adds ? v128.load(to, 32) : f32x4.splat(0);
        let f = adds ? v128.load(to, 48) : f32x4.splat(0);
        let row = values + SCALE_BYTES;
        for (let weight = weights; weight < stop; weight += 4) {
          const w = v128.load_splat<f32>(weight);
          const s = v128.load_splat<f32>(weight + toScale);
          let integers = eightIntegers(type, row, d);
          a = madd(w, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), s), a);
          b = madd(w, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), s), b);
          integers = eightIntegers(type, row, d + 8);
          e = madd(w, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(integers)), s), e);
          f = madd(w, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(integers)), s), f);
          row += integerRow(type);
        }
        storePair(to, a, b);
        storePair(to + 32, e, f);
      }
      values += scaledBytes(type);
    }
  }
}
