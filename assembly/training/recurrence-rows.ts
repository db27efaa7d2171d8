/** What the gradient of a recurrence does with the vectors of a row: keys, queries and columns of the state. */
import { madd, sumLanes } from "../simd";

/** Copies vectors of a head from rows to whole fours. */
export function gather(to: usize, from: usize, rows: usize, stride: usize, width: usize, bytes: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    memory.fill(to + row * bytes, 0, bytes);
    memory.copy(to + row * bytes, from + ((row * stride) << 2), width << 2);
  }
}

export function scatter(
  to: usize,
  from: usize,
  rows: usize,
  stride: usize,
  width: usize,
  bytes: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    memory.copy(to + ((row * stride) << 2), from + row * bytes, width << 2);
  }
}

/** A row of the forward pass for a column, which may stay in its place. */
export function advance(
  target: usize,
  source: usize,
  k: usize,
  bytes: usize,
  value: f32,
  step: f32,
  decay: f32,
  delta: bool,
): void {
  const known: f32 = delta ? decay * dot(source, k, bytes) : 0;
  const change = f32x4.splat(step * (value - known));
  const decays = f32x4.splat(decay);
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(target + i, madd(change, v128.load(k + i), f32x4.mul(decays, v128.load(source + i))));
  }
}

/** D += do q, dq += do s'. Returns k . D. */
export function readBack(
  D: usize,
  dq: usize,
  after: usize,
  q: usize,
  k: usize,
  dout: f32,
  bytes: usize,
): f32 {
  const slope = f32x4.splat(dout);
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const own = madd(slope, v128.load(q + i), v128.load(D + i));
    v128.store(D + i, own);
    v128.store(dq + i, madd(slope, v128.load(after + i), v128.load(dq + i)));
    sum = madd(own, v128.load(k + i), sum);
  }
  return sumLanes(sum);
}

/** dk += d D - c g s, D -= c k, and D <- g D. Returns s . D before it decays. */
export function writeBack(
  D: usize,
  dk: usize,
  before: usize,
  k: usize,
  change: f32,
  taken: f32,
  decay: f32,
  bytes: usize,
): f32 {
  const changes = f32x4.splat(change);
  const takes = f32x4.splat(-taken);
  const lost = f32x4.splat(-taken * decay);
  const decays = f32x4.splat(decay);
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const slope = v128.load(D + i);
    const state = v128.load(before + i);
    v128.store(dk + i, madd(lost, state, madd(changes, slope, v128.load(dk + i))));
    const own = madd(takes, v128.load(k + i), slope);
    sum = madd(own, state, sum);
    v128.store(D + i, f32x4.mul(decays, own));
  }
  return sumLanes(sum);
}

export function dot(a: usize, b: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) sum = madd(v128.load(a + i), v128.load(b + i), sum);
  return sumLanes(sum);
}
