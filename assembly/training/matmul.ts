/**
 * Gradients of the matrix product out = x W^T + b, with the register tile of the product.
 *
 * Threads divide the elements of a gradient. Each element sums in the order of the outputs or of the rows, in
 * chunks that fit the cache. So the numbers do not depend on the threads.
 */
import { LINE, panelAt, RegisterTile, TILE } from "../matmul/tile";
import { widen } from "../packing/half";

/**
 * Rows, or outputs, that are summed at a time. A panel and a tile of this length stay in the first caches.
 */
export const GRADIENT_CHUNK: usize = 512;

/**
 * dx[row][i] (+)= sum over o of dy[row][o] * weights[first + o][i], for the inputs of panels [begin, end) and
 * a chunk of outputs.
 *
 * @param dx f32 [rows, k]
 * @param dy f32, interleaved rows: [ceil(rows / TILE)][count][TILE]
 * @param weights panels of T (f32, u16 holding bfloat16, i16 holding float16), [ceil(n / 8)][k][8]
 * @param k inputs of the matrix
 * @param first output of the chunk, a multiple of 8
 * @param count outputs of the chunk, at most GRADIENT_CHUNK
 * @param isAdded whether the sum is added to dx
 * @param scratch f32 [threads][GRADIENT_CHUNK][8]
 */
export function inputGradient<T>(
  dx: usize,
  dy: usize,
  weights: usize,
  rows: usize,
  k: usize,
  first: usize,
  count: usize,
  isAdded: bool,
  scratch: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  scratch += worker * (GRADIENT_CHUNK << 5);
  const stride = k << 2;
  for (let panel = begin; panel < end; panel++) {
    const inputs = k - (panel << 3);
    transposePanel<T>(scratch, weights, k, first, panel << 3, count);
    for (let row: usize = 0; row < rows; row += TILE) {
      const out = dx + row * stride + (panel << 5);
      const own = dy + ((row * count) << 2);
      RegisterTile.multiply<f32>(
        out,
        stride,
        inputs,
        own,
        scratch,
        count,
        rows - row,
        isAdded ? out : 0,
        stride,
      );
    }
  }
}

/**
 * Adds to the gradients of weights and bias, for the outputs of panels [begin, end):
 * dw[o][i] += sum over rows of dy[row][o] * x[row][i], db[o] += sum over rows of dy[row][o].
 *
 * @param dw f32 panels [ceil(n / 8)][k][8], or 0 for none
 * @param db f32 [8 * ceil(n / 8)], or 0 for none
 * @param dy f32 [rows, n]
 * @param x f32, interleaved columns: [ceil(k / TILE)][rows][TILE]
 * @param scratch f32 [threads][GRADIENT_CHUNK][8]
 */
export function weightGradient(
  dw: usize,
  db: usize,
  dy: usize,
  x: usize,
  rows: usize,
  k: usize,
  n: usize,
  scratch: usize,
  worker: usize,
  begin: usize,
  end: usize,
): void {
  scratch += worker * (GRADIENT_CHUNK << 5);
  for (let panel = begin; panel < end; panel++) {
    const outputs = n - (panel << 3);
    for (let first: usize = 0; first < rows; first += GRADIENT_CHUNK) {
      const count = min(GRADIENT_CHUNK, rows - first);
      copyPanel(scratch, dy + ((first * n + (panel << 3)) << 2), n, outputs, count);
      if (db != 0) addRows(db + (panel << 5), scratch, count);
      if (dw == 0) continue;
      for (let i: usize = 0; i < k; i += TILE) {
        const out = dw + ((panel * k + i) << 5);
        const own = x + ((i * rows + first * TILE) << 2);
        RegisterTile.multiply<f32>(out, 32, 8, own, scratch, count, k - i, out, 32);
      }
    }
  }
}

/**
 * Interleaves columns in tiles [begin, end): out[t][row][c] = x[row][TILE t + c]. The gradient of weights
 * reads them so.
 *
 * @param out f32 [ceil(k / TILE)][rows][TILE]; columns that do not exist are not written
 * @param x f32 [rows, k]
 */
export function interleaveColumns(
  out: usize,
  x: usize,
  rows: usize,
  k: usize,
  begin: usize,
  end: usize,
): void {
  const stride = (rows * TILE) << 2;
  for (let row: usize = 0; row < rows; row++) {
    let from = x + ((row * k + begin * TILE) << 2);
    let to = out + begin * stride + ((row * TILE) << 2);
    for (let column = begin * TILE; column < end * TILE; column += TILE) {
      const count = min(TILE, k - column);
      if (TILE == 4 && count == 4) v128.store(to, v128.load(from));
      else for (let c: usize = 0; c < count; c++) f32.store(to + (c << 2), f32.load(from + (c << 2)));
      from += TILE << 2;
      to += stride;
    }
  }
}

/**
 * Panels of outputs to a panel of inputs: out[o][j] = weights[first + o][input + j] for `count` outputs o and
 * the inputs j < 8 that exist.
 */
function transposePanel<T>(
  out: usize,
  weights: usize,
  k: usize,
  first: usize,
  input: usize,
  count: usize,
): void {
  const inputs = k - input;
  for (let o: usize = 0; o < count; o += 8) {
    const from = panelAt<T>(weights, (first + o) >> 3, k) + input * LINE;
    if (isFloat<T>() && inputs >= 8) transpose8(out, from);
    else {
      for (let j: usize = 0; j < 8; j++) {
        for (let lane: usize = 0; lane < 8; lane++) {
          const value: f32 = j < inputs ? widen<T>(from + j * LINE + lane * sizeof<T>()) : 0;
          f32.store(out + (((lane << 3) + j) << 2), value);
        }
      }
    }
    out += 256;
  }
}

/** Transposes 8 x 8 elements. */
export function transpose8(out: usize, from: usize): void {
  transpose4(out, from);
  transpose4(out + 16, from + 128);
  transpose4(out + 128, from + 16);
  transpose4(out + 144, from + 144);
}

/** Transposes 4 x 4 elements whose rows are 32 bytes apart. */
function transpose4(out: usize, from: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 32);
  const c = v128.load(from, 64);
  const d = v128.load(from, 96);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(out, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
  v128.store(out, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5), 64);
  v128.store(out, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7), 96);
}

/** out[row] = the first 8 elements of `count` rows of width n. Elements that do not exist are zero. */
function copyPanel(out: usize, from: usize, n: usize, outputs: usize, count: usize): void {
  const stride = n << 2;
  for (let row: usize = 0; row < count; row++) {
    if (outputs >= 8) {
      v128.store(out, v128.load(from));
      v128.store(out, v128.load(from, 16), 16);
    } else {
      for (let o: usize = 0; o < 8; o++) {
        f32.store(out + (o << 2), o < outputs ? f32.load(from + (o << 2)) : 0);
      }
    }
    from += stride;
    out += 32;
  }
}

/** sum[o] += rows[0][o] + rows[1][o] + ... for the outputs of a panel. */
function addRows(sum: usize, rows: usize, count: usize): void {
  let a = v128.load(sum);
  let b = v128.load(sum, 16);
  for (const stop = rows + (count << 5); rows < stop; rows += 32) {
    a = f32x4.add(a, v128.load(rows));
    b = f32x4.add(b, v128.load(rows, 16));
  }
  v128.store(sum, a);
  v128.store(sum, b, 16);
}
