/**
 * Gradients of gated layers: dx = [dy up activation'(gate) | dy activation(gate)], for rows [begin, end).
 *
 * @param dx f32 [rows, 2 * width]
 * @param dy f32 [rows, width]
 * @param x f32 [rows, 2 * width], [gate | up]
 */
import { Activations } from "../activation/functions";
import { Clamped } from "../activation/gated";
import { Transcendental } from "../activation/transcendental";
import { loadLanes, madd, storeLanes } from "../simd";

export function gatedGradient<F>(
  dx: usize,
  dy: usize,
  x: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
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
      const u = f32x4.mul(g, v128.load(up + i));
      if (Activations.isShared<F>()) {
        const s = Activations.share<F>(v); // once for both: with two sigmoids it took three times as long
        v128.store(dGate + i, f32x4.mul(u, Activations.slopeOfShare<F>(v, s)));
        v128.store(dUp + i, f32x4.mul(g, f32x4.mul(v, s)));
      } else {
        v128.store(dGate + i, f32x4.mul(u, Activations.slope<F>(v)));
        v128.store(dUp + i, f32x4.mul(g, Activations.value<F>(v)));
      }
    }
    for (let i = vectors; i < bytes; i += 4) {
      const v = v128.load_splat<f32>(gate + i);
      const g = v128.load_splat<f32>(from + i);
      const u = v128.load_splat<f32>(up + i);
      v128.store_lane<f32>(dGate + i, f32x4.mul(f32x4.mul(g, u), Activations.slope<F>(v)), 0);
      v128.store_lane<f32>(dUp + i, f32x4.mul(g, Activations.value<F>(v)), 0);
    }
  }
}

/** With s = sigmoid(1.702 g): [dy (u + 1) s (1 + 1.702 g (1 - s)) | dy g s], 0 where a bound holds. */
export function clampedSwigluGradient(
  dx: usize,
  dy: usize,
  x: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const one = f32x4.splat(1);
  for (let row = begin; row < end; row++) {
    const from = dy + ((row * width) << 2);
    const gate = x + ((row * width) << 3);
    const to = dx + ((row * width) << 3);
    const half = width << 2;
    for (let i: usize = 0; i < width; i += 4) {
      const left = width - i;
      const at = i << 2;
      const gradient = loadLanes(from + at, left);
      const rawGate = loadLanes(gate + at, left);
      const rawUp = loadLanes(gate + half + at, left);
      const g = Clamped.gate(rawGate);
      const u = Clamped.up(rawUp);
      const steep = f32x4.mul(g, f32x4.splat(<f32>1.702));
      const s = Transcendental.sigmoid(steep);
      const slope = f32x4.mul(s, madd(steep, f32x4.sub(one, s), one));
      const dGate = f32x4.mul(f32x4.mul(gradient, f32x4.add(u, one)), slope);
      const dUp = f32x4.mul(gradient, f32x4.mul(g, s));
      storeLanes(to + at, v128.and(dGate, f32x4.eq(g, rawGate)), left);
      storeLanes(to + half + at, v128.and(dUp, f32x4.eq(u, rawUp)), left);
    }
  }
}
