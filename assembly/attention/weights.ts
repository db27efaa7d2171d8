/** From the scores of a row to its weights: everything between the two products of attention. */
import { Transcendental } from "../activation/transcendental";
import { softmaxRow } from "../norm/softmax";

/**
 * Turns scores of positions [first, end) into weights, in place: softmax(cap tanh(s / cap) + biases). The
 * order is that of each position alone, so the numbers do not depend on the rows beside it.
 *
 * @param scores f32 [positions]; one element behind `end` is overwritten if there are sinks
 * @param position of the row
 * @param softCap cap of the scores (Gemma Team 2024), or 0 for none
 * @param slopes f32 [heads] of ALiBi (Press et al. 2021), or 0 for none
 * @param bias f32 [distances, heads] by the distance of key and row, or 0 for none. The middle is distance 0,
 *   and distances beyond the ends have the bias of the end (Raffel et al. 2020)
 * @param sinks f32 [heads]: one more score in the softmax, whose share is dropped, or 0 for none
 */
export function weighRow(
  scores: usize,
  position: usize,
  first: usize,
  end: usize,
  head: usize,
  heads: usize,
  softCap: f32,
  slopes: usize,
  bias: usize,
  distances: usize,
  sinks: usize,
): void {
  const row = scores + (first << 2);
  const count = end - first;
  if (softCap != 0) capRow(row, count, softCap);
  if (slopes != 0) addSlopes(row, count, <isize>first - <isize>position, load<f32>(slopes + (head << 2)));
  for (let i: usize = 0; bias != 0 && i < count; i++) {
    const to = row + (i << 2);
    const index = biasIndex(first + i, position, distances) * heads + head;
    f32.store(to, f32.load(to) + f32.load(bias + (index << 2)));
  }
  if (sinks != 0) f32.store(row + (count << 2), f32.load(sinks + (head << 2)));
  softmaxRow(row, row, sinks != 0 ? count + 1 : count);
}

/** Row of the table of biases for a key and a query at these positions. */
export function biasIndex(key: usize, query: usize, distances: usize): usize {
  const most = <isize>(distances >> 1);
  return <usize>(max(-most, min(most, <isize>key - <isize>query)) + most);
}

/** x becomes cap tanh(x / cap). */
export function capRow(x: usize, count: usize, cap: f32): void {
  const caps = f32x4.splat(cap);
  const inverse = f32x4.splat(<f32>1 / cap);
  const vectors = x + ((count & ~3) << 2);
  const stop = x + (count << 2);
  for (; x < vectors; x += 16) {
    v128.store(x, f32x4.mul(caps, Transcendental.tanh(f32x4.mul(v128.load(x), inverse))));
  }
  for (; x < stop; x += 4) {
    const capped = f32x4.mul(caps, Transcendental.tanh(f32x4.mul(v128.load_splat<f32>(x), inverse)));
    f32.store(x, f32x4.extract_lane(capped, 0));
  }
}

/** Adds slope times the distance of each key, which is `distance` for the first. */
function addSlopes(x: usize, count: usize, distance: isize, slope: f32): void {
  for (const stop = x + (count << 2); x < stop; x += 4) {
    f32.store(x, f32.load(x) + slope * <f32>distance);
    distance++;
  }
}
