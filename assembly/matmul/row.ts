/** The product of one row with panels of floats or bfloat16. */
import { loadWeights, madd } from "../simd";
import { LINE, panelAt, storePanel } from "./tile";

/** One row times panels [begin, end) of floats, or of bfloat16. */
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
export function isPair(panel: usize, end: usize): bool {
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

/** Four start values of a panel; zeros without a bias. */
export function biasLanes(bias: usize, panel: usize, half: usize): v128 {
  return bias == 0 ? f32x4.splat(0) : v128.load(bias + (panel << 5) + half);
}
