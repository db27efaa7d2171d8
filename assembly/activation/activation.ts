/**
 * Activation functions. Functions of one operand work on groups of four elements, [begin, end). Buffers are
 * padded to whole groups, and results in the padding are never read. `out` may be `x`.
 */
import { madd } from "../simd";
import { Transcendental } from "./transcendental";

export const GELU: usize = memory.data<f32>([
  1.5957691216, // 2 sqrt(2 / pi)
  0.0713548163, // the same times 0.044715
  0.7071067812, // 1 / sqrt(2)
  0.5,
]);

/** GELU, tanh approximation: 0.5 x (1 + tanh(z)) = x sigmoid(2 z), z = sqrt(2 / pi) (x + 0.044715 x^3). */
export function geluTanh(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    const v = v128.load(x + i);
    const inner = madd(f32x4.mul(v, v), v128.load_splat<f32>(GELU, 4), v128.load_splat<f32>(GELU));
    v128.store(out + i, f32x4.mul(v, Transcendental.sigmoid(f32x4.mul(v, inner))));
  }
}

/** GELU, exact: 0.5 x (1 + erf(x / sqrt(2))). */
export function geluErf(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    const v = v128.load(x + i);
    const half = f32x4.mul(v, v128.load_splat<f32>(GELU, 12));
    v128.store(out + i, madd(half, Transcendental.erf(f32x4.mul(v, v128.load_splat<f32>(GELU, 8))), half));
  }
}

/** SiLU: x sigmoid(x). */
export function silu(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    const v = v128.load(x + i);
    v128.store(out + i, f32x4.mul(v, Transcendental.sigmoid(v)));
  }
}

/** ReLU: max(x, 0). */
export function relu(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(out + i, f32x4.max(v128.load(x + i), f32x4.splat(0)));
  }
}

/** tanh(x) = 2 sigmoid(2 x) - 1. */
export function tanh(out: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) v128.store(out + i, tanhOf(v128.load(x + i)));
}

export function tanhOf(x: v128): v128 {
  const s = Transcendental.sigmoid(f32x4.add(x, x));
  return f32x4.sub(f32x4.add(s, s), f32x4.splat(1));
}

/**
 * SwiGLU (Shazeer 2020): out[row] = silu(gate) * up, where a row of x is [gate | up]. Rows [begin, end).
 *
 * @param out f32 [rows, width]
 * @param x f32 [rows, 2 * width]
 */
export function swiglu(out: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const to = out + row * bytes;
    const gate = x + row * bytes * 2;
    const up = gate + bytes;
    for (let i: usize = 0; i < vectors; i += 16) {
      const v = v128.load(gate + i);
      v128.store(to + i, f32x4.mul(f32x4.mul(v, Transcendental.sigmoid(v)), v128.load(up + i)));
    }
    for (let i = vectors; i < bytes; i += 4) {
      const v = v128.load_splat<f32>(gate + i);
      v128.store_lane<f32>(
        to + i,
        f32x4.mul(f32x4.mul(v, Transcendental.sigmoid(v)), v128.load_splat<f32>(up + i)),
        0,
      );
    }
  }
}
