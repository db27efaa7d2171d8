/**
 * Matrix product with packed weights.
 *
 * A weight matrix [N outputs, K inputs] is stored in panels of 8 outputs, `[ceil(N/8)][K][8]`; of 16-bit
 * weights two panels lie side by side, `[ceil(N/16)][K][16]`. The missing outputs of the last panel are zero.
 * Each lane owns one output and adds its products in the order of k. So the numbers depend neither on the
 * number of rows nor on the threads.
 */
import { widenPanel } from "../packing/widen-halves";
import { halfRowPanel, scaleRow } from "./half-row";
import { rowProduct } from "./row";
import { PANEL, panelAt, RegisterTile, TILE } from "./tile";

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
      if (!hasSpecial && scaleRow(own, x, k)) rowProduct<T>(out, own, weights, bias, k, n, begin, end);
      else for (let panel = begin; panel < end; panel++) halfRowPanel(out, x, weights, bias, k, n, panel);
    } else rowProduct<T>(out, x, weights, bias, k, n, begin, end);
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

/** Whether T is i16, which holds float16. */
function isHalf<T>(): bool {
  return isInteger<T>() && isSigned<T>();
}
