/** The tile of attention over 8-bit integers: exact products in pairs, and scaled sums. */
import { madd, storePair } from "../simd";

/** Four rows of 16-bit integers times eight columns of 8 bits, both in pairs. */
export class Int8Tile {
  /**
   * out[r][c] = sum of products * scale of the row, for scores also * scale of the column. Sums of values may
   * be added to out.
   *
   * @param isScores whether columns have scales
   * @param rows `rowStep` bytes apart. The f32 scale of a row lies `scale` bytes after its beginning
   * @param columns one pair of all eight columns, then the next pair `columnStep` bytes later
   */
  @inline
  static multiply(
    isScores: bool,
    out: usize,
    outStep: usize,
    rows: usize,
    rowStep: usize,
    scale: usize,
    pairs: usize,
    columns: usize,
    columnStep: usize,
    columnScales: usize,
    adds: bool,
  ): void {
    const r1 = rows + rowStep;
    const r2 = r1 + rowStep;
    const r3 = r2 + rowStep;
    let a0 = i32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let b0 = a0;
    let b1 = a0;
    let b2 = a0;
    let b3 = a0;
    const stop = pairs << 2;
    for (let pair: usize = 0; pair < stop; pair += 4) {
      const a = v128.load_ext<i8>(columns);
      const b = v128.load_ext<i8>(columns, 8);
      let row = v128.load_splat<i32>(rows + pair);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(row, a));
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(row, b));
      row = v128.load_splat<i32>(r1 + pair);
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(row, a));
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(row, b));
      row = v128.load_splat<i32>(r2 + pair);
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(row, a));
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(row, b));
      row = v128.load_splat<i32>(r3 + pair);
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(row, a));
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(row, b));
      columns += columnStep;
    }
    storeRow(isScores, out, a0, b0, rows + scale, columnScales, adds);
    storeRow(isScores, out + outStep, a1, b1, r1 + scale, columnScales, adds);
    storeRow(isScores, out + 2 * outStep, a2, b2, r2 + scale, columnScales, adds);
    storeRow(isScores, out + 3 * outStep, a3, b3, r3 + scale, columnScales, adds);
  }
}

function storeRow(
  isScores: bool,
  out: usize,
  a: v128,
  b: v128,
  rowScale: usize,
  columnScales: usize,
  adds: bool,
): void {
  const scale = v128.load_splat<f32>(rowScale);
  if (isScores) {
    storePair(out, score(a, columnScales, scale), score(b, columnScales + 16, scale));
  } else {
    storeSum(out, a, scale, adds);
    storeSum(out + 16, b, scale, adds);
  }
}

/** Four scores of a query. */
export function score(sum: v128, keyScales: usize, scale: v128): v128 {
  return f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(sum), v128.load(keyScales)), scale);
}

/** Four sums of values. They are added to out or replace it. */
export function storeSum(out: usize, sum: v128, scale: v128, adds: bool): void {
  const before = adds ? v128.load(out) : f32x4.splat(0);
  v128.store(out, madd(f32x4.convert_i32x4_s(sum), scale, before));
}
