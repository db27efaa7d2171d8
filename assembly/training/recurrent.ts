/** Gradients of what surrounds a recurrence: its convolution, its steps and decays, and gates. */
import { Transcendental } from "../activation/transcendental";
import { sigmoid, softplus } from "../recurrent/gates";
import { loadLanes, madd, storeLanes } from "../simd";

/**
 * The gradient of y[row][i] = x[row][i] f(gate[row][i]), f = silu or the sigmoid, for the rows [begin, end).
 * `gradient` becomes that of x.
 *
 * @param gradient f32 [rows, width]
 * @param dgate f32, rows `stride` elements apart; it is added to
 * @param x f32 [rows, width], before the gate
 * @param gate f32, rows `stride` elements apart
 */
export function gateGradient(
  gradient: usize,
  dgate: usize,
  x: usize,
  width: usize,
  gate: usize,
  stride: usize,
  silu: bool,
  begin: usize,
  end: usize,
): void {
  for (let row = begin; row < end; row++) {
    const own = (row * width) << 2;
    const other = (row * stride) << 2;
    for (let i: usize = 0; i < width; i += 4) {
      const left = width - i;
      const at = i << 2;
      const v = loadLanes(gate + other + at, left);
      const g = loadLanes(gradient + own + at, left);
      let factor = Transcendental.sigmoid(v);
      const falling = f32x4.sub(f32x4.splat(1), factor);
      let slope = f32x4.mul(factor, falling);
      if (silu) {
        slope = f32x4.mul(factor, madd(v, falling, f32x4.splat(1)));
        factor = f32x4.mul(v, factor);
      }
      const change = f32x4.mul(f32x4.mul(g, loadLanes(x + own + at, left)), slope);
      const to = dgate + other + at;
      storeLanes(to, f32x4.add(loadLanes(to, left), change), left);
      storeLanes(gradient + own + at, f32x4.mul(g, factor), left);
    }
  }
}

/**
 * The gradient of the convolution of assembly/recurrent/convolution.ts over whole sequences, for the groups of
 * four channels [begin, end). With z, what silu is taken of, dz = dy silu'(z), or dy:
 *
 *   dx[t][c] += sum over j of w[c][j] dz[t + taps - 1 - j][c]
 *   dw[c][j] += sum over t of dz[t][c] x[t - taps + 1 + j][c]
 *
 * @param dx f32, rows `stride` elements apart; it is added to
 * @param dw f32, in panels as the weights, or 0; it is added to
 * @param db f32 [channels], or 0; it is added to
 * @param gradient f32 [rows, channels]: dy on entry, dz on return
 */
export function convolutionGradient(
  dx: usize,
  dw: usize,
  db: usize,
  gradient: usize,
  x: usize,
  stride: usize,
  weights: usize,
  bias: usize,
  taps: usize,
  channels: usize,
  silu: bool,
  bounds: usize,
  segments: usize,
  begin: usize,
  end: usize,
): void {
  const rowBytes = stride << 2;
  const ownBytes = channels << 2;
  for (let group = begin; group < end; group++) {
    const left = channels - (group << 2);
    const at = group << 4;
    const panel = (((group >> 1) * taps) << 5) + ((group & 1) << 4);
    for (let segment: usize = 0; segment < segments; segment++) {
      const first = <usize>load<u32>(bounds + (segment << 2));
      const rows = <usize>load<u32>(bounds + (segment << 2), 4) - first;
      const from = x + first * rowBytes + at;
      const own = gradient + first * ownBytes + at;
      for (let row: usize = 0; row < rows; row++) {
        const skipped = row + 1 < taps ? taps - 1 - row : 0; // taps before the sequence
        let slope = loadLanes(own + row * ownBytes, left);
        if (silu) {
          let z = bias ? loadLanes(bias + at, left) : f32x4.splat(0);
          for (let tap = skipped; tap < taps; tap++) {
            const input = loadLanes(from + (row + tap + 1 - taps) * rowBytes, left);
            z = madd(input, v128.load(weights + panel + (tap << 5)), z);
          }
          const s = Transcendental.sigmoid(z);
          slope = f32x4.mul(slope, f32x4.mul(s, madd(z, f32x4.sub(f32x4.splat(1), s), f32x4.splat(1))));
          storeLanes(own + row * ownBytes, slope, left);
        }
        if (db) storeLanes(db + at, f32x4.add(loadLanes(db + at, left), slope), left);
        for (let tap = skipped; dw != 0 && tap < taps; tap++) {
          const input = loadLanes(from + (row + tap + 1 - taps) * rowBytes, left);
          const to = dw + panel + (tap << 5);
          v128.store(to, madd(slope, input, v128.load(to)));
        }
      }
      const into = dx + first * rowBytes + at;
      for (let row: usize = 0; row < rows; row++) {
        let sum = loadLanes(into + row * rowBytes, left);
        for (let back: usize = 0; back < taps && row + back < rows; back++) {
          const slope = loadLanes(own + (row + back) * ownBytes, left);
          sum = madd(slope, v128.load(weights + panel + ((taps - 1 - back) << 5)), sum);
        }
        storeLanes(into + row * rowBytes, sum, left);
      }
    }
  }
}

/**
 * The gradient of the steps and decays of assembly/recurrent/gates.ts, for the heads [begin, end). All are
 * added to.
 *
 * @param dx f32, rows `stride` elements apart
 * @param dbeta f32, rows `stride` elements apart, or 0
 * @param dbias f32 [heads], or 0
 * @param drate f32 [heads], or 0
 * @param dgates f32 [rows, 2 heads]: of the steps, then of the decays
 */
export function recurrenceGatesGradient(
  dx: usize,
  dbeta: usize,
  dbias: usize,
  drate: usize,
  dgates: usize,
  x: usize,
  beta: usize,
  stride: usize,
  bias: usize,
  rate: usize,
  heads: usize,
  rows: usize,
  begin: usize,
  end: usize,
): void {
  for (let head = begin; head < end; head++) {
    const at = head << 2;
    const own = f32.load(rate + at);
    let biases: f32 = 0;
    let rates: f32 = 0;
    for (let row: usize = 0; row < rows; row++) {
      const place = ((row * stride) << 2) + at;
      const slopes = dgates + ((row * heads) << 3) + at;
      const input = f32.load(x + place) + f32.load(bias + at);
      const step = softplus(input);
      const decay = f32.load(slopes + (heads << 2)) * Mathf.exp(own * step);
      let slope = decay * own;
      if (beta) {
        const share = sigmoid(f32.load(beta + place));
        const change = f32.load(slopes) * share * (<f32>1 - share);
        f32.store(dbeta + place, f32.load(dbeta + place) + change);
      } else {
        slope += f32.load(slopes);
      }
      slope *= sigmoid(input);
      f32.store(dx + place, f32.load(dx + place) + slope);
      biases += slope;
      rates += decay * step;
    }
    if (dbias) f32.store(dbias + at, f32.load(dbias + at) + biases);
    if (drate) f32.store(drate + at, f32.load(drate + at) + rates);
  }
}
