/**
 * Recurrences with a matrix as state, over sequences that go on where they were. Each row decays the state,
 * adds an outer product to it and reads it.
 *
 * A row at a time gives the same numbers however a sequence is cut into passes. The columns of a state do not
 * depend on each other: an item takes 16 of them, which stay in the first cache of the processor, through all
 * rows of a segment.
 */
import { loadLanes, madd, storeLanes } from "../simd";

/** Columns of an item. */
export const STATE_COLUMNS: usize = 16;

/**
 * For each head with state S [keyDim, valueDim], key k, query q, value v, step b and decay g of a row:
 *
 *   S <- g S + k d^T,  d = b (v - g S^T k) with the delta rule (gated DeltaNet, Yang et al. 2024), else b v
 *   out = S^T q + skip v                                                      (Mamba 2, Dao & Gu 2024)
 *
 * Rows of S in a state are whole vectors. Items are columns of heads of segments: [begin, end).
 *
 * @param out f32 [rows, heads * valueDim]
 * @param x f32, rows `stride` elements apart
 * @param keys element of a row that the keys begin at; `queries` and `values` likewise
 * @param gates f32 [rows, 2 heads]: the steps, then the decays
 * @param skip f32 [heads], or 0
 * @param bounds u32: the first row of each segment, then the number of rows
 * @param states u32: addresses of each segment's state before its rows, 0 for zeros, and after them
 * @param offset bytes from the start of a state to that of the first head
 * @param tiled head h has key and query h % keyHeads, else h * keyHeads / heads
 */
export function recurrence(
  out: usize,
  x: usize,
  stride: usize,
  keys: usize,
  queries: usize,
  values: usize,
  gates: usize,
  skip: usize,
  delta: bool,
  bounds: usize,
  states: usize,
  offset: usize,
  heads: usize,
  keyHeads: usize,
  tiled: bool,
  keyDim: usize,
  valueDim: usize,
  begin: usize,
  end: usize,
): void {
  const tiles = (valueDim + STATE_COLUMNS - 1) / STATE_COLUMNS;
  const rowBytes = ((valueDim + 3) & ~3) << 2;
  for (let item = begin; item < end; item++) {
    const segment = item / (heads * tiles);
    const head = (item / tiles) % heads;
    const column = (item % tiles) * STATE_COLUMNS;
    const keyHead = tiled ? head % keyHeads : (head * keyHeads) / heads;
    const before = load<u32>(states + (segment << 3));
    const after = load<u32>(states + (segment << 3), 4);
    const place = offset + head * keyDim * rowBytes;
    const first = load<u32>(bounds + (segment << 2));
    const last = load<u32>(bounds + (segment << 2), 4);
    const valueAt = values + head * valueDim;
    const factor: f32 = skip ? load<f32>(skip + (head << 2)) : 0;
    const stop = min(column + STATE_COLUMNS, valueDim);
    for (let c = column; c < stop; ) {
      const isWhole = c + STATE_COLUMNS <= stop;
      const target = after + place + (c << 2);
      let source = before ? before + place + (c << 2) : target;
      if (!before) clear(target, keyDim, rowBytes, isWhole ? STATE_COLUMNS << 2 : 16);
      for (let row = first; row < last; row++) {
        const from = x + ((row * stride) << 2);
        const k = from + ((keys + keyHead * keyDim) << 2);
        const q = from + ((queries + keyHead * keyDim) << 2);
        const v = from + ((valueAt + c) << 2);
        const to = out + ((row * heads * valueDim + head * valueDim + c) << 2);
        const gate = gates + ((row * heads * 2 + head) << 2);
        const step = f32x4.splat(load<f32>(gate));
        const decay = f32x4.splat(load<f32>(gate + (heads << 2)));
        const skips = f32x4.splat(factor);
        if (isWhole) stepSixteen(to, target, source, rowBytes, k, q, v, step, decay, skips, delta, keyDim);
        else stepFour(to, target, source, rowBytes, k, q, v, step, decay, skips, delta, keyDim, stop - c);
        source = target;
      }
      c += isWhole ? STATE_COLUMNS : 4;
    }
  }
}

/** Zeros in `bytes` of each row of a state. */
function clear(state: usize, rows: usize, rowBytes: usize, bytes: usize): void {
  for (let i: usize = 0; i < rows; i++) memory.fill(state + i * rowBytes, 0, bytes);
}

/** One row of x for sixteen columns. The state is read at `source` and written at `target`. */
function stepSixteen(
  out: usize,
  target: usize,
  source: usize,
  rowBytes: usize,
  k: usize,
  q: usize,
  v: usize,
  step: v128,
  decay: v128,
  skip: v128,
  delta: bool,
  keyDim: usize,
): void {
  const v0 = v128.load(v);
  const v1 = v128.load(v, 16);
  const v2 = v128.load(v, 32);
  const v3 = v128.load(v, 48);
  let d0 = v0;
  let d1 = v1;
  let d2 = v2;
  let d3 = v3;
  if (delta) {
    let r0 = f32x4.splat(0);
    let r1 = r0;
    let r2 = r0;
    let r3 = r0;
    let row = source;
    for (const stop = k + (keyDim << 2); k < stop; k += 4, row += rowBytes) {
      const key = v128.load_splat<f32>(k);
      r0 = madd(v128.load(row), key, r0);
      r1 = madd(v128.load(row, 16), key, r1);
      r2 = madd(v128.load(row, 32), key, r2);
      r3 = madd(v128.load(row, 48), key, r3);
    }
    k -= keyDim << 2;
    d0 = f32x4.sub(v0, f32x4.mul(decay, r0));
    d1 = f32x4.sub(v1, f32x4.mul(decay, r1));
    d2 = f32x4.sub(v2, f32x4.mul(decay, r2));
    d3 = f32x4.sub(v3, f32x4.mul(decay, r3));
  }
  d0 = f32x4.mul(step, d0);
  d1 = f32x4.mul(step, d1);
  d2 = f32x4.mul(step, d2);
  d3 = f32x4.mul(step, d3);
  let o0 = f32x4.mul(skip, v0);
  let o1 = f32x4.mul(skip, v1);
  let o2 = f32x4.mul(skip, v2);
  let o3 = f32x4.mul(skip, v3);
  for (const stop = k + (keyDim << 2); k < stop; k += 4, q += 4, source += rowBytes, target += rowBytes) {
    const key = v128.load_splat<f32>(k);
    const query = v128.load_splat<f32>(q);
    const s0 = madd(d0, key, f32x4.mul(decay, v128.load(source)));
    const s1 = madd(d1, key, f32x4.mul(decay, v128.load(source, 16)));
    const s2 = madd(d2, key, f32x4.mul(decay, v128.load(source, 32)));
    const s3 = madd(d3, key, f32x4.mul(decay, v128.load(source, 48)));
    v128.store(target, s0);
    v128.store(target, s1, 16);
    v128.store(target, s2, 32);
    v128.store(target, s3, 48);
    o0 = madd(s0, query, o0);
    o1 = madd(s1, query, o1);
    o2 = madd(s2, query, o2);
    o3 = madd(s3, query, o3);
  }
  v128.store(out, o0);
  v128.store(out, o1, 16);
  v128.store(out, o2, 32);
  v128.store(out, o3, 48);
}

/** As `stepSixteen` for up to four columns. */
function stepFour(
  out: usize,
  target: usize,
  source: usize,
  rowBytes: usize,
  k: usize,
  q: usize,
  v: usize,
  step: v128,
  decay: v128,
  skip: v128,
  delta: bool,
  keyDim: usize,
  columns: usize,
): void {
  const value = loadLanes(v, columns);
  let d = value;
  if (delta) {
    let read = f32x4.splat(0);
    for (let i: usize = 0; i < keyDim; i++) {
      read = madd(v128.load(source + i * rowBytes), v128.load_splat<f32>(k + (i << 2)), read);
    }
    d = f32x4.sub(value, f32x4.mul(decay, read));
  }
  d = f32x4.mul(step, d);
  let sum = f32x4.mul(skip, value);
  for (let i: usize = 0; i < keyDim; i++) {
    const state = madd(
      d,
      v128.load_splat<f32>(k + (i << 2)),
      f32x4.mul(decay, v128.load(source + i * rowBytes)),
    );
    v128.store(target + i * rowBytes, state);
    sum = madd(state, v128.load_splat<f32>(q + (i << 2)), sum);
  }
  storeLanes(out, sum, columns);
}
