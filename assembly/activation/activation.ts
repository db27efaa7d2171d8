/**
 * Activation functions of one operand, for groups of four elements [begin, end). Buffers are padded to whole
 * groups, and results in the padding are never read. `out` may be `x`.
 */
import { Activations, GeluErf, GeluTanh, Relu, ReluSquared, Silu, Tanh } from "./functions";
import { Transcendental } from "./transcendental";

export function geluTanh(out: usize, x: usize, begin: usize, end: usize): void {
  activate<GeluTanh>(out, x, begin, end);
}

export function geluErf(out: usize, x: usize, begin: usize, end: usize): void {
  activate<GeluErf>(out, x, begin, end);
}

export function silu(out: usize, x: usize, begin: usize, end: usize): void {
  activate<Silu>(out, x, begin, end);
}

export function relu(out: usize, x: usize, begin: usize, end: usize): void {
  activate<Relu>(out, x, begin, end);
}

export function reluSquared(out: usize, x: usize, begin: usize, end: usize): void {
  activate<ReluSquared>(out, x, begin, end);
}

export function tanh(out: usize, x: usize, begin: usize, end: usize): void {
  activate<Tanh>(out, x, begin, end);
}

function activate<F>(out: usize, x: usize, begin: usize, end: usize): void {
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
