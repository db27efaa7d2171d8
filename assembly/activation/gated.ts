/**
 * Gated layers (Shazeer 2020): out[row] = activation(gate) * up, where a row of x is [gate | up], for rows
 * [begin, end).
 *
 * @param out f32 [rows, width]
 * @param x f32 [rows, 2 * width]
 */
import { loadLanes, storeLanes } from "../simd";
import { Activations } from "./functions";
import { Transcendental } from "./transcendental";

export function gated<F>(out: usize, x: usize, width: usize, begin: usize, end: usize): void {
  const bytes = width << 2;
  const vectors = bytes & ~15;
  for (let row = begin; row < end; row++) {
    const to = out + row * bytes;
    const gate = x + row * bytes * 2;
    const up = gate + bytes;
    for (let i: usize = 0; i < vectors; i += 16) {
      const value = Activations.value<F>(v128.load(gate + i));
      v128.store(to + i, f32x4.mul(value, v128.load(up + i)));
    }
    for (let i = vectors; i < bytes; i += 4) {
      const value = Activations.value<F>(v128.load_splat<f32>(gate + i));
      v128.store_lane<f32>(to + i, f32x4.mul(value, v128.load_splat<f32>(up + i)), 0);
    }
  }
}

/**
 * SwiGLU with bounds and a steeper sigmoid (gpt-oss): with g = min(gate, 7) and u = up in [-7, 7],
 * out = (u + 1) g sigmoid(1.702 g).
 */
export function clampedSwiglu(out: usize, x: usize, width: usize, begin: usize, end: usize): void {
  for (let row = begin; row < end; row++) {
    const to = out + ((row * width) << 2);
    const gate = x + ((row * width) << 3);
    const up = gate + (width << 2);
    for (let i: usize = 0; i < width; i += 4) {
      const left = width - i;
      const g = Clamped.gate(loadLanes(gate + (i << 2), left));
      const u = Clamped.up(loadLanes(up + (i << 2), left));
      const share = f32x4.mul(g, Transcendental.sigmoid(f32x4.mul(g, f32x4.splat(<f32>1.702))));
      storeLanes(to + (i << 2), f32x4.mul(f32x4.add(u, f32x4.splat(1)), share), left);
    }
  }
}

export class Clamped {
  @inline
  static gate(v: v128): v128 {
    return f32x4.min(v, f32x4.splat(7));
  }

  @inline
  static up(v: v128): v128 {
    return f32x4.max(f32x4.min(v, f32x4.splat(7)), f32x4.splat(-7));
  }
}
