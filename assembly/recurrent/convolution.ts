/** Causal convolution of each channel by itself, over sequences that go on where they were. */
import { Transcendental } from "../activation/transcendental";
import { loadLanes, madd, storeLanes } from "../simd";

/**
 * out[t][c] = f(bias[c] + sum over j < taps of weights[c][j] x[t - taps + 1 + j][c]), with silu as f or
 * without any. Inputs before the rows of a segment are in its state, f32 [taps - 1, channels], and its last
 * inputs are written into its next state. An item is a group of four channels of a segment: [begin, end).
 *
 * Neighbouring groups are computed row by row, so that rows are read from left to right.
 *
 * @param out f32 [rows, channels]
 * @param x f32, rows `stride` elements apart
 * @param weights f32 in panels, [ceil(channels / 8)][taps][8]
 * @param bias f32 [channels], or 0
 * @param bounds u32: the first row of each segment, then the number of rows
 * @param states u32: addresses of each segment's state before its rows, 0 for zeros, and after them
 * @param offset bytes from the start of a state to that of this convolution
 */
export function convolution(
  out: usize,
  x: usize,
  stride: usize,
  weights: usize,
  bias: usize,
  taps: usize,
  channels: usize,
  silu: bool,
  bounds: usize,
  states: usize,
  offset: usize,
  begin: usize,
  end: usize,
): void {
  const groups = (channels + 3) >> 2;
  for (let item = begin; item < end; ) {
    const segment = item / groups;
    const first = item - segment * groups;
    const last = min(groups, first + end - item);
    item += last - first;
    const start = load<u32>(bounds + (segment << 2));
    const rows = load<u32>(bounds + (segment << 2), 4) - start;
    const before = load<u32>(states + (segment << 3));
    const history = before ? before + offset : 0;
    const from = x + ((start * stride) << 2);
    const to = out + ((start * channels) << 2);
    for (let row: usize = 0; row < rows; row++) {
      for (let group = first; group < last; group++) {
        const left = channels - (group << 2);
        const at = group << 4;
        const panel = weights + (((group >> 1) * taps) << 5) + ((group & 1) << 4);
        let sum = bias ? loadLanes(bias + at, left) : f32x4.splat(0);
        for (let tap: usize = 0; tap < taps; tap++) {
          const source = inputAt(row + tap, taps - 1, from, stride << 2, history, channels << 2);
          if (source) sum = madd(loadLanes(source + at, left), v128.load(panel + (tap << 5)), sum);
        }
        if (silu) sum = f32x4.mul(sum, Transcendental.sigmoid(sum));
        storeLanes(to + ((row * channels) << 2) + at, sum, left);
      }
    }
    const next = load<u32>(states + (segment << 3), 4) + offset;
    for (let i: usize = 0; i < taps - 1; i++) {
      const source = inputAt(rows + i, taps - 1, from, stride << 2, history, channels << 2);
      for (let group = first; group < last; group++) {
        const left = channels - (group << 2);
        const input = source ? loadLanes(source + (group << 4), left) : f32x4.splat(0);
        storeLanes(next + ((i * channels) << 2) + (group << 4), input, left);
      }
    }
  }
}

/** Address of an input, counted from the first that the history holds; 0 for zeros before the sequence. */
function inputAt(index: usize, past: usize, x: usize, stride: usize, history: usize, width: usize): usize {
  if (index >= past) return x + (index - past) * stride;
  return history ? history + index * width : 0;
}
