/**
 * Searches for the scale, and the min, that give numbers the least weighted error with integers that are not
 * negative (make_qkx2_quants, make_qkx3_quants and make_qp_quants in ggml-quants.c).
 */
import { ROUNDS } from "./fit-signed";
import { nearest, nearestWithin, ZERO } from "./lanes";

/**
 * x = scale * l - min with l in [0, most] and min >= 0: of scales of (first + i * step + most) levels for the
 * range from the best min so far to the largest number, i = 0..tries, the one whose least squares fit has the
 * smallest error, of squares or of magnitudes.
 *
 * @param out l
 * @param tried memory for as many values
 * @param mins the min is stored here
 * @returns the scale
 */
export function fitWithMin(
  out: usize,
  x: usize,
  w: usize,
  tried: usize,
  mins: usize,
  count: usize,
  most: f32,
  first: f32,
  step: f32,
  tries: i32,
  byMagnitude: bool,
): v128 {
  const zero = f32x4.splat(0);
  let least = v128.load(x);
  let largest = least;
  let sumW = v128.load(w);
  let sumX = f32x4.mul(sumW, least);
  for (let k: usize = 16; k < count << 4; k += 16) {
    const v = v128.load(x + k);
    least = f32x4.pmin(least, v);
    largest = f32x4.pmax(largest, v);
    const weight = v128.load(w + k);
    sumW = f32x4.add(sumW, weight);
    sumX = f32x4.add(sumX, f32x4.mul(weight, v));
  }
  least = f32x4.pmin(least, zero);
  const isFlat = f32x4.eq(largest, least);
  const inverse = f32x4.div(f32x4.splat(most), f32x4.sub(largest, least));
  let scale = f32x4.div(f32x4.splat(1), inverse);
  let min = least;
  let best = zero;
  for (let k: usize = 0; k < count << 4; k += 16) {
    const v = v128.load(x + k);
    const l = nearestWithin(f32x4.mul(inverse, f32x4.sub(v, least)), 0, most);
    v128.store(out + k, v128.andnot(l, isFlat));
    best = f32x4.add(best, f32x4.mul(v128.load(w + k), errorOf(scale, l, least, v, byMagnitude)));
  }
  for (let i = 0; i <= tries; i++) {
    const own = f32x4.div(f32x4.splat(first + step * <f32>i + most), f32x4.sub(largest, min));
    let sumL = zero;
    let sumLL = zero;
    let sumXL = zero;
    for (let k: usize = 0; k < count << 4; k += 16) {
      const v = v128.load(x + k);
      const l = nearestWithin(f32x4.mul(own, f32x4.sub(v, min)), 0, most);
      v128.store(tried + k, l);
      const weighted = f32x4.mul(v128.load(w + k), l);
      sumL = f32x4.add(sumL, weighted);
      sumLL = f32x4.add(sumLL, f32x4.mul(weighted, l));
      sumXL = f32x4.add(sumXL, f32x4.mul(weighted, v));
    }
    const determinant = f32x4.sub(f32x4.mul(sumW, sumLL), f32x4.mul(sumL, sumL));
    let ownScale = f32x4.div(f32x4.sub(f32x4.mul(sumW, sumXL), f32x4.mul(sumX, sumL)), determinant);
    let ownMin = f32x4.div(f32x4.sub(f32x4.mul(sumLL, sumX), f32x4.mul(sumL, sumXL)), determinant);
    const isPositive = f32x4.gt(ownMin, zero);
    ownMin = v128.andnot(ownMin, isPositive);
    ownScale = v128.bitselect(f32x4.div(sumXL, sumLL), ownScale, isPositive);
    let error = zero;
    for (let k: usize = 0; k < count << 4; k += 16) {
      const own = errorOf(ownScale, v128.load(tried + k), ownMin, v128.load(x + k), byMagnitude);
      error = f32x4.add(error, f32x4.mul(v128.load(w + k), own));
    }
    const isBetter = v128.andnot(v128.and(f32x4.gt(determinant, zero), f32x4.lt(error, best)), isFlat);
    if (!v128.any_true(isBetter)) continue;
    for (let k: usize = 0; k < count << 4; k += 16) {
      v128.store(out + k, v128.bitselect(v128.load(tried + k), v128.load(out + k), isBetter));
    }
    best = v128.bitselect(error, best, isBetter);
    scale = v128.bitselect(ownScale, scale, isBetter);
    min = v128.bitselect(ownMin, min, isBetter);
  }
  v128.store(mins, f32x4.neg(min));
  return v128.andnot(scale, isFlat);
}

function errorOf(scale: v128, l: v128, min: v128, x: v128, byMagnitude: bool): v128 {
  const difference = f32x4.sub(f32x4.add(f32x4.mul(scale, l), min), x);
  return byMagnitude ? f32x4.abs(difference) : f32x4.mul(difference, difference);
}

/**
 * x = scale * l of numbers that are not negative, with l in [0, most]: the best of nine scales, then integers
 * one by one as in `refineSigned`.
 *
 * @param out l
 */
export function fitPositive(out: usize, x: usize, w: usize, count: usize, most: f32): v128 {
  const zero = f32x4.splat(0);
  let largest = zero;
  for (let k: usize = 0; k < count << 4; k += 16) largest = f32x4.pmax(v128.load(x + k), largest);
  const isZero = f32x4.lt(largest, f32x4.splat(ZERO));
  let inverse = f32x4.div(f32x4.splat(most), largest);
  let best = squaredError(x, w, count, inverse, f32x4.splat(Infinity));
  for (let at = -4; at <= 4; at++) {
    if (at == 0) continue;
    const own = f32x4.div(f32x4.splat(<f32>0.1 * <f32>at + most), largest);
    const error = squaredError(x, w, count, own, f32x4.splat(most));
    const isBetter = f32x4.lt(error, best);
    best = v128.bitselect(error, best, isBetter);
    inverse = v128.bitselect(own, inverse, isBetter);
  }
  let sumLX = zero;
  let sumLL = zero;
  for (let k: usize = 0; k < count << 4; k += 16) {
    const v = v128.load(x + k);
    const l = f32x4.pmin(f32x4.splat(most), nearest(f32x4.mul(inverse, v)));
    v128.store(out + k, l);
    const weight = v128.load(w + k);
    sumLX = f32x4.add(sumLX, f32x4.mul(f32x4.mul(weight, v), l));
    sumLL = f32x4.add(sumLL, f32x4.mul(f32x4.mul(weight, l), l));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let k: usize = 0; k < count << 4; k += 16) {
      const v = v128.load(x + k);
      const l = v128.load(out + k);
      const weight = v128.load(w + k);
      const weighted = f32x4.mul(weight, v);
      let lx = f32x4.sub(sumLX, f32x4.mul(weighted, l));
      let ll = f32x4.sub(sumLL, f32x4.mul(f32x4.mul(weight, l), l));
      const arePositive = v128.and(f32x4.gt(lx, zero), f32x4.gt(ll, zero));
      const next = f32x4.pmin(f32x4.splat(most), nearest(f32x4.div(f32x4.mul(v, ll), lx)));
      lx = f32x4.add(lx, f32x4.mul(weighted, next));
      ll = f32x4.add(ll, f32x4.mul(f32x4.mul(weight, next), next));
      const isBetter = f32x4.gt(f32x4.mul(f32x4.mul(lx, lx), sumLL), f32x4.mul(f32x4.mul(sumLX, sumLX), ll));
      const moves = v128.and(v128.and(arePositive, f32x4.ne(next, l)), isBetter);
      v128.store(out + k, v128.bitselect(next, l, moves));
      sumLX = v128.bitselect(lx, sumLX, moves);
      sumLL = v128.bitselect(ll, sumLL, moves);
    }
  }
  for (let k: usize = 0; k < count << 4; k += 16)
    v128.store(out + k, v128.andnot(v128.load(out + k), isZero));
  return v128.and(v128.andnot(f32x4.div(sumLX, sumLL), isZero), f32x4.gt(sumLL, zero));
}

function squaredError(x: usize, w: usize, count: usize, inverse: v128, most: v128): v128 {
  const scale = f32x4.div(f32x4.splat(1), inverse);
  let error = f32x4.splat(0);
  for (let k: usize = 0; k < count << 4; k += 16) {
    const v = v128.load(x + k);
    const l = f32x4.pmin(most, nearest(f32x4.mul(inverse, v)));
    const difference = f32x4.sub(v, f32x4.mul(scale, l));
    const weighted = f32x4.mul(v128.load(w + k), difference);
    error = f32x4.add(error, f32x4.mul(weighted, difference));
  }
  return error;
}
