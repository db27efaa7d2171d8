/**
 * Activation functions of one operand, for groups of four elements [begin, end). Buffers are padded to whole
 * groups, and results in the padding are never read. `out` may be `x`.
 */
import { Activations } from "./functions";
import { Transcendental } from "./transcendental";

export function activate<F>(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(out + i, Activations.value<F>(v128.load(x + i)));
  }
}

/** out = factor x. */
export function scale(out: usize, x: usize, factor: f32, begin: usize, end: usize): void {
  const factors = f32x4.splat(factor);
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(out + i, f32x4.mul(v128.load(x + i), factors));
  }
}

/** out = c tanh(x / c). */
export function softCap(out: usize, x: usize, cap: f32, begin: usize, end: usize): void {
  const caps = f32x4.splat(cap);
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(out + i, f32x4.mul(caps, Transcendental.tanh(f32x4.div(v128.load(x + i), caps))));
  }
}
