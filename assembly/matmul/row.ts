/** The product of one row with panels of floats, bfloat16 or float16. */
import { Halves } from "../packing/widen-halves";
import { madd } from "../simd";
import { LINE, panelAt, storePanel } from "./tile";

/**
 * One row times panels [begin, end). The weights are panels of T: f32, u16 holding bfloat16, or i16 holding
 * float16 without infinities and NaN.
 *
 * Halves stay as they are first read: 2^-112 times their number. The row is then one that `scaleRow` has
 * multiplied by 2^112. Both factors are exact, so each product is that of the number and the weight, rounded
 * once: the same bits.
 *
 * The additions of one panel wait for each other. With two panels of 16-bit weights at a time a token of the
 * embedded model takes 0.67 of the time in the relaxed build; in the plain build, which has twice the
 * instructions, as long.
 */
export function rowProduct<T>(
  out: usize,
  x: usize,
  weights: usize,
  bias: usize,
  k: usize,
  n: usize,
  begin: usize,
  end: usize,
): void {
  for (let panel = begin; panel < end; panel++) {
    if (sizeof<T>() == 2 && (panel & 1) == 0 && panel + 1 < end) {
      rowPair<T>(out, x, weights, bias, k, n, panel);
      panel++;
    } else rowPanel<T>(out, x, weights, bias, k, n, panel);
  }
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
  const fields = Halves.fields();
  let w = panelAt<T>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    const line = v128.load(w);
    a = madd(v, isFloat<T>() ? line : Words.first<T>(line, fields), a);
    b = madd(v, isFloat<T>() ? v128.load(w, 16) : Words.last<T>(line, fields), b);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
}

/** One row times two panels of 16-bit weights that lie side by side. */
function rowPair<T>(
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
  let w = panelAt<T>(weights, panel, k);
  let a = biasLanes(bias, panel, 0);
  let b = biasLanes(bias, panel, 16);
  let c = biasLanes(bias, next, 0);
  let d = biasLanes(bias, next, 16);
  for (const stop = x + (k << 2); x < stop; x += 4) {
    const v = v128.load_splat<f32>(x);
    const own = v128.load(w);
    a = madd(v, Words.first<T>(own, fields), a);
    b = madd(v, Words.last<T>(own, fields), b);
    const other = v128.load(w, 16);
    c = madd(v, Words.first<T>(other, fields), c);
    d = madd(v, Words.last<T>(other, fields), d);
    w += LINE;
  }
  storePanel(out + (panel << 5), n - (panel << 3), a, b);
  storePanel(out + (next << 5), n - (next << 3), c, d);
}

/** Eight weights of 16 bits as floats; finite halves as 2^-112 times their number. */
class Words {
  @inline static first<T>(words: v128, fields: v128): v128 {
    return Halves.first(Words.lower<T>(words), Words.upper<T>(words, fields));
  }
  @inline static last<T>(words: v128, fields: v128): v128 {
    return Halves.last(Words.lower<T>(words), Words.upper<T>(words, fields));
  }
  /** The lower 16 bits of the floats. A bfloat16 is the upper ones. */
  @inline static lower<T>(words: v128): v128 {
    return isSigned<T>() ? i16x8.shl(words, 13) : i16x8.splat(0);
  }
  @inline static upper<T>(words: v128, fields: v128): v128 {
    return isSigned<T>() ? Halves.finite(words, fields) : words;
  }
}

/** Four start values of a panel; zeros without a bias. */
export function biasLanes(bias: usize, panel: usize, half: usize): v128 {
  return bias == 0 ? f32x4.splat(0) : v128.load(bias + (panel << 5) + half);
}
