/**
 * Gradients of the activation functions. Functions of one operand turn the gradient of the output into the
 * gradient of the input in place, for groups of four elements [begin, end).
 */
import { GELU, tanhOf } from "../activation/activation";
import { Transcendental } from "../activation/transcendental";
import { madd } from "../simd";

/** gradient *= s + x s (1 - s) u', where s = sigmoid(u), u = 2 sqrt(2 / pi) (x + 0.044715 x^3). */
export function geluTanhGradient(gradient: usize, x: usize, begin: usize, end: usize): void {
  const linear = v128.load_splat<f32>(GELU);
  const cubic = v128.load_splat<f32>(GELU, 4);
  for (let i = begin << 4; i < end << 4; i += 16) {
    const v = v128.load(x + i);
    const v2 = f32x4.mul(v, v);
    const s = Transcendental.sigmoid(f32x4.mul(v, madd(v2, cubic, linear)));
    const slope = madd(v2, f32x4.mul(cubic, f32x4.splat(3)), linear);
    multiply(gradient + i, madd(f32x4.mul(f32x4.mul(v, s), f32x4.sub(f32x4.splat(1), s)), slope, s));
  }
}

/** gradient *= 0.5 (1 + erf(x / sqrt(2))) + x e^(-x^2 / 2) / sqrt(2 pi). */
export function geluErfGradient(gradient: usize, x: usize, begin: usize, end: usize): void {
  const half = v128.load_splat<f32>(GELU, 12);
  const inverseRoot = v128.load_splat<f32>(GELU, 8);
  for (let i = begin << 4; i < end << 4; i += 16) {
    const v = v128.load(x + i);
    const share = madd(Transcendental.erf(f32x4.mul(v, inverseRoot)), half, half);
    const density = Transcendental.exp(f32x4.neg(f32x4.mul(f32x4.mul(v, v), half)));
    multiply(gradient + i, madd(f32x4.mul(v, density), f32x4.splat(<f32>0.3989422804), share));
  }
}

/** gradient *= s (1 + x (1 - s)), where s = sigmoid(x). */
export function siluGradient(gradient: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) multiply(gradient + i, siluSlope(v128.load(x + i)));
}

/** gradient *= 1 where x > 0, else 0. */
export function reluGradient(gradient: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(gradient + i, v128.and(v128.load(gradient + i), f32x4.gt(v128.load(x + i), f32x4.splat(0))));
  }
}

/** gradient *= 1 - tanh(x)^2. */
export function tanhGradient(gradient: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    const t = tanhOf(v128.load(x + i));
    multiply(gradient + i, f32x4.sub(f32x4.splat(1), f32x4.mul(t, t)));
  }
}

/**
 * Gradient of SwiGLU: dx = [dy up silu'(gate) | dy silu(gate)], for rows [begin, end).
 *
 * @param dx f32 [rows, 2 * width]
 * @param dy f32 [rows, width]
 * @param x f32 [rows, 2 * width], [gate | up]
 */
export function swigluGradient(dx: usize, dy: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const from = dy + row * bytes;
    const gate = x + row * bytes * 2;
    const up = gate + bytes;
    const dGate = dx + row * bytes * 2;
    const dUp = dGate + bytes;
    for (let i: usize = 0; i < vectors; i += 16) {
      const v = v128.load(gate + i);
      const g = v128.load(from + i);
      v128.store(dGate + i, f32x4.mul(f32x4.mul(g, v128.load(up + i)), siluSlope(v)));
      v128.store(dUp + i, f32x4.mul(g, f32x4.mul(v, Transcendental.sigmoid(v))));
    }
    for (let i = vectors; i < bytes; i += 4) {
      const v = v128.load_splat<f32>(gate + i);
      const g = v128.load_splat<f32>(from + i);
      const u = v128.load_splat<f32>(up + i);
      v128.store_lane<f32>(dGate + i, f32x4.mul(f32x4.mul(g, u), siluSlope(v)), 0);
      v128.store_lane<f32>(dUp + i, f32x4.mul(g, f32x4.mul(v, Transcendental.sigmoid(v))), 0);
    }
  }
}

function siluSlope(v: v128): v128 {
  const one = f32x4.splat(1);
  const s = Transcendental.sigmoid(v);
  return f32x4.mul(s, madd(v, f32x4.sub(one, s), one));
}

function multiply(address: usize, factors: v128): void {
  v128.store(address, f32x4.mul(v128.load(address), factors));
}
