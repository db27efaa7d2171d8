/**
 * Matrix product with packed weights.
 *
 * A weight matrix [N outputs, K inputs] is stored in panels of 8 outputs, `[ceil(N/8)][K][8]`; of 16-bit
 * weights two panels lie side by side, `[ceil(N/16)][K][16]`. The missing outputs of the last panel are zero.
 * Each lane owns one output and adds its products in the order of k. So the numbers depend neither on the
 * number of rows nor on the threads.
 */
import { Halves, widenPanel } from "../packing/widen-halves";
import { loadWeights, madd } from "../simd";
import { LINE, PANEL, panelAt, RegisterTile, storePanel, TILE } from "./tile";

/**
 * Bytes of a group of panels. Several rows go over a group one tile at a time: the first tile reads memory in
 * one long stream, and the others find the panels in the cache of the core. With 8 rows this is 30% faster
 * than panel by panel, with 144 rows 3%. Tried: reading a byte of each line of the next panel ahead took 1.4
 * to 2.5 times as long, because a load that waits for memory holds up all loads after it.
 */
export const GROUP_BYTES: usize = 1 << 18;

/**
 * out[row][n] = bias[n] + sum over k of x[row][k] * weights[n][k], for the outputs of panels [begin, end).
 *
 * @param out f32 [rows, n]
 * @param x f32 [k] for one row, else interleaved rows, [ceil(rows / TILE)][k][TILE]
 * @param weights panels of T (f32, u16 holding bfloat16, i16 holding float16). Those of float16 end with a
 *   u32: whether a weight is infinite or NaN
 * @param bias f32 [8 * ceil(n / 8)], or 0 for none
 * @param scratch [threads][scratchBytes]: with float16 and one row the row, scaled; with several rows a group
 *   of panels, widened once for all rows. There are no registers left in the tile to widen them there
 */
export function matmul<T>(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  rows: usize,
  k: usize,
  n: usize,
  scratch: usize,
  scratchBytes: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  const stride = n << 2;
  const own = scratch + worker * scratchBytes;
  if (rows == 1) {
    if (isHalf<T>()) {
      const hasSpecial = load<u32>(panelAt<T>(weights, ((n + 15) >> 4) << 1, k)) != 0;
      if (!hasSpecial && scaleRow(own, x, k)) finiteRow(out, own, weights, bias, k, n, begin, end);
      else for (let panel = begin; panel < end; panel++) halfRowPanel(out, x, weights, bias, k, n, panel);
    } else row<T>(out, x, weights, bias, k, n, begin, end);
    return;
  }
  const group = max(1, GROUP_BYTES / (k * PANEL * (isFloat<T>() || isHalf<T>() ? 4 : 2)));
  for (let first = begin; first < end; first += group) {
    const last = min(first + group, end);
    for (let row: usize = 0; row < rows; row += TILE) {
      const tile = x + ((row * k) << 2);
      for (let panel = first; panel < last; panel++) {
        const to = out + (panel << 5) + row * stride;
        const stored = panelAt<T>(weights, panel, k);
        const start = bias == 0 ? 0 : bias + (panel << 5);
        const outputs = n - (panel << 3);
        if (isHalf<T>()) {
          // Between products memory is read ahead: widening all panels of a group at once takes 1.035 of the
          // time. Tried: widening finite halves without the handling of others, no gain.
          const wide = own + (panel - first) * (k << 5);
          if (row == 0) widenPanel(wide, stored, k);
          RegisterTile.multiply<f32>(to, stride, outputs, tile, wide, k, rows - row, start, 0);
        } else RegisterTile.multiply<T>(to, stride, outputs, tile, stored, k, rows - row, start, 0);
      }
    }
  }
}

/**
 * Interleaves rows [begin, end) in tiles: out[t][i][r] = x[TILE t + r][i]. The product then reads a tile as
 * one stream.
 *
 * @param out f32 [ceil(rows / TILE)][k][TILE]; rows that do not exist are not written
 * @param x f32 [rows, k]
 * @param stride elements from one row of x to the next
 */
export function interleaveRows(
  out: usize,
  x: usize,
  k: usize,
  stride: usize,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const place = row % TILE;
    let from = x + ((row * stride) << 2);
    let to = out + (((row - place) * k + place) << 2);
    for (const stop = from + (k << 2); from < stop; from += 4) {
      f32.store(to, f32.load(from));
      to += TILE << 2;
    }
  }
}

/** One row times panels [begin, end) of floats, or of bfloat16. */
function row<T>(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  for (let panel = begin; panel < end; ) {
    if (sizeof<T>() == 2 && isPair(panel, end)) {
      rowPair<T>(out, x, weights, bias, k, n, panel);
      panel += 2;
    } else {
      rowPanel<T>(out, x, weights, bias, k, n, panel);
      panel++;
    }
  }
}

/** Whether this panel and the next lie side by side, before `end`. */
function isPair(panel: usize, end: usize): bool {
  return (panel & 1) == 0 && panel + 1 < end;
}

/**
 * One row times one panel. Tried with floats: two or four panels side by side, which hides the latency of the
 * additions. They are two or four streams that lie a multiple of a page apart. With 6M weights, which fit the
 * largest cache of the processor, a token took 1.7 and 1.4 times as long; with 124M weights 1.4 times and as
 * long. In the relaxed build, whose additions wait longer, four panels took 1.15 times and 0.95 of the time.
 */
function rowPanel<T>(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const half: usize = 4 * sizeof<T>();
  let w = panelAt<T>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const xEnd = x + (k << 2); x < xEnd; x += 4) {
    const v = v128.load_splat<f32>(x);
    a = madd(v, loadWeights<T>(w), a);
    b = madd(v, loadWeights<T>(w + half), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

/** One row times two panels of bfloat16 that lie side by side: four sums hide the latency of the additions. */
function rowPair<T>(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const next = panel + 1;
  let w = panelAt<T>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  let c = biasLanes(bias, next, 0);
  let d = biasLanes(bias, next, 16);
  for (const xEnd = x + (k << 2); x < xEnd; x += 4) {
    const v = v128.load_splat<f32>(x);
    a = madd(v, loadWeights<T>(w), a);
    b = madd(v, loadWeights<T>(w + 8), b);
    c = madd(v, loadWeights<T>(w + 16), c);
    d = madd(v, loadWeights<T>(w + 24), d);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
  storePanel(out + (next << 5), n - (next << 3), c, d);
}

/**
 * As `rowPanel`, over float16. With the handling of infinite weights and NaN a byte takes 1.6 times as long as
 * one of bfloat16 in the plain build: `finiteRow` serves the other matrices.
 */
function halfRowPanel(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  const special = Halves.special();
  const exponent = Halves.exponent();
  const factor = Halves.factor();
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const xEnd = x + (k << 2); x < xEnd; x += 4) {
    const v = v128.load_splat<f32>(x);
    const halves = v128.load(w);
    const upper = Halves.upper(halves, fields, special, exponent);
    const lower = i16x8.shl(halves, 13);
    a = madd(v, f32x4.mul(Halves.first(lower, upper), factor), a);
    b = madd(v, f32x4.mul(Halves.last(lower, upper), factor), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

/**
 * As `halfRowPanel` for panels [begin, end), of finite weights and a row that `scaleRow` has multiplied by
 * 2^112. The weights stay as they are first read: 2^-112 times their number. Both factors are exact, so each
 * product is that of the number and the weight, rounded once: the same bits. The additions of one panel wait
 * for each other: with two at a time a token of the embedded model takes 0.67 of the time in the relaxed
 * build; in the plain build, which has twice the instructions, as long.
 */
function finiteRow(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  for (let panel = begin; panel < end; ) {
    if (isPair(panel, end)) {
      finiteRowPair(out, x, weights, bias, k, n, panel);
      panel += 2;
    } else {
      finiteRowPanel(out, x, weights, bias, k, n, panel);
      panel++;
    }
  }
}

function finiteRowPanel(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    const halves = v128.load(w);
    const upper = Halves.finite(halves, fields);
    const lower = i16x8.shl(halves, 13);
    a = madd(v, Halves.first(lower, upper), a);
    b = madd(v, Halves.last(lower, upper), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

function finiteRowPair(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  panel: usize,
): void {
  const fields = Halves.fields();
  const next = panel + 1;
  let w = panelAt<i16>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  let c = biasLanes(bias, next, 0);
  let d = biasLanes(bias, next, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    let halves = v128.load(w);
    let upper = Halves.finite(halves, fields);
    let lower = i16x8.shl(halves, 13);
    a = madd(v, Halves.first(lower, upper), a);
    b = madd(v, Halves.last(lower, upper), b);
    halves = v128.load(w, 16);
    upper = Halves.finite(halves, fields);
    lower = i16x8.shl(halves, 13);
    c = madd(v, Halves.first(lower, upper), c);
    d = madd(v, Halves.last(lower, upper), d);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
  storePanel(out + (next << 5), n - (next << 3), c, d);
}

/**
 * Writes 2^112 times a row. It is exact, as numbers only leave the subnormal range; false if a number is NaN
 * or has no such multiple: from 2^16 on it would be infinite.
 */
export function scaleRow(to: usize, x: usize, k: usize): bool {
  const factor = Halves.factor();
  let largest = i32x4.splat(0);
  const stop = x + (k << 2);
  for (const last = stop - 16; x <= last; x += 16) {
    const v = v128.load(x);
    largest = i32x4.max_s(largest, f32x4.abs(v));
    v128.store(to, f32x4.mul(v, factor));
    to += 16;
  }
  for (; x < stop; x += 4) {
    const v = v128.load32_zero(x);
    largest = i32x4.max_s(largest, f32x4.abs(v));
    f32.store(to, f32x4.extract_lane(f32x4.mul(v, factor), 0));
    to += 4;
  }
  // Without their signs, the bits of floats have the order of the floats, with NaN last.
  return !v128.any_true(i32x4.ge_s(largest, f32x4.splat(65536)));
}

/** Whether T is i16, which holds float16. */
function isHalf<T>(): bool {
  return isInteger<T>() && isSigned<T>();
}

function biasLanes(bias: usize, panel: usize, half: usize): v128 {
  return bias == 0 ? f32x4.splat(0) : v128.load(bias + (panel << 5) + half);
}
