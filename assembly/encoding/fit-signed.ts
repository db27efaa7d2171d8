/**
 * Searches for the scale that gives numbers of both signs the least weighted error (make_qx_quants and
 * make_q3_quants in ggml-quants.c).
 */
import { extreme, nearestWithin, quotient, ZERO } from "./lanes";

/** Tries of a better integer for each element. */
export const ROUNDS = 5;

/**
 * x = scale * l with l in [-levels, levels): of 19 scales around the one that maps the extreme to -levels,
 * the one whose least squares fit is best.
 *
 * @param out l + levels; all 0 if x is
 * @returns the scale
 */
export function fitSigned(out: usize, x: usize, w: usize, count: usize, levels: f32): v128 {
  const largest = extreme(x, count);
  const isZero = f32x4.lt(f32x4.abs(largest), f32x4.splat(ZERO));
  let chosen = f32x4.div(f32x4.splat(-levels), largest);
  let scale = f32x4.splat(0);
  let best = f32x4.splat(0);
  for (let i = 0; i < 19; i++) {
    const at = i == 0 ? 0 : i <= 9 ? i - 10 : i - 9; // 0, then from -9 to 9
    const inverse = i == 0 ? chosen : f32x4.div(f32x4.splat(-(levels + <f32>0.1 * <f32>at)), largest);
    let sumLX = f32x4.splat(0);
    let sumLL = f32x4.splat(0);
    for (let k: usize = 0; k < count << 4; k += 16) {
      const v = v128.load(x + k);
      const l = nearestWithin(f32x4.mul(inverse, v), -levels, levels - 1);
      const weight = v128.load(w + k);
      sumLX = f32x4.add(sumLX, f32x4.mul(f32x4.mul(weight, v), l));
      sumLL = f32x4.add(sumLL, f32x4.mul(f32x4.mul(weight, l), l));
    }
    const own = quotient(sumLX, sumLL);
    const isBetter =
      i == 0
        ? i32x4.splat(-1)
        : v128.and(
            f32x4.gt(sumLL, f32x4.splat(0)),
            f32x4.gt(f32x4.mul(sumLX, sumLX), f32x4.mul(best, sumLL)),
          );
    scale = v128.bitselect(own, scale, isBetter);
    best = v128.bitselect(f32x4.mul(own, sumLX), best, isBetter);
    chosen = v128.bitselect(inverse, chosen, isBetter);
  }
  for (let k: usize = 0; k < count << 4; k += 16) {
    const l = nearestWithin(f32x4.mul(chosen, v128.load(x + k)), -levels, levels - 1);
    v128.store(out + k, v128.andnot(f32x4.add(f32x4.splat(levels), l), isZero));
  }
  return v128.andnot(scale, isZero);
}

/**
 * x = scale * l with l in [-levels, levels), errors weighted with x^2: each integer is moved to where it fits
 * the scale of the others, as long as the fit becomes better.
 *
 * @param out l + levels; all 0 if x is
 */
export function refineSigned(out: usize, x: usize, count: usize, levels: f32): v128 {
  const zero = f32x4.splat(0);
  const largest = extreme(x, count);
  const isZero = f32x4.lt(f32x4.abs(largest), f32x4.splat(ZERO));
  const inverse = f32x4.div(f32x4.splat(-levels), largest);
  let sumLX = zero;
  let sumLL = zero;
  for (let k: usize = 0; k < count << 4; k += 16) {
    const v = v128.load(x + k);
    const l = nearestWithin(f32x4.mul(inverse, v), -levels, levels - 1);
    v128.store(out + k, l);
    const weight = f32x4.mul(v, v);
    sumLX = f32x4.add(sumLX, f32x4.mul(f32x4.mul(weight, v), l));
    sumLL = f32x4.add(sumLL, f32x4.mul(f32x4.mul(weight, l), l));
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (let k: usize = 0; k < count << 4; k += 16) {
      const v = v128.load(x + k);
      const l = v128.load(out + k);
      const weight = f32x4.mul(v, v);
      const weighted = f32x4.mul(weight, v);
      let lx = f32x4.sub(sumLX, f32x4.mul(weighted, l));
      let ll = f32x4.sub(sumLL, f32x4.mul(f32x4.mul(weight, l), l));
      const next = nearestWithin(f32x4.div(f32x4.mul(v, ll), lx), -levels, levels - 1);
      const mayMove = v128.and(f32x4.gt(lx, zero), f32x4.ne(next, l));
      lx = f32x4.add(lx, f32x4.mul(weighted, next));
      ll = f32x4.add(ll, f32x4.mul(f32x4.mul(weight, next), next));
      const isBetter = v128.and(
        f32x4.gt(ll, zero),
        f32x4.gt(f32x4.mul(f32x4.mul(lx, lx), sumLL), f32x4.mul(f32x4.mul(sumLX, sumLX), ll)),
      );
      const moves = v128.and(mayMove, isBetter);
      v128.store(out + k, v128.bitselect(next, l, moves));
      sumLX = v128.bitselect(lx, sumLX, moves);
      sumLL = v128.bitselect(ll, sumLL, moves);
    }
  }
  for (let k: usize = 0; k < count << 4; k += 16) {
    v128.store(out + k, v128.andnot(f32x4.add(v128.load(out + k), f32x4.splat(levels)), isZero));
  }
  return v128.and(v128.andnot(f32x4.div(sumLX, sumLL), isZero), f32x4.gt(sumLL, zero));
}
