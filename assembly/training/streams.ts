/**
 * Gradients of parallel residual streams (assembly/streams/streams.ts) and of sparse gates
 * (assembly/activation/sparsify.ts). A kernel takes the rows [begin, end).
 */
import { sum, sumOfSquares } from "../norm/norm";
import { loadLanes, madd, storeLanes, sumLanes } from "../simd";
import { LEAST } from "../streams/streams";

/** Sum of a b over `width` elements. */
function dot(a: usize, b: usize, width: usize): f32 {
  let lanes = f32x4.splat(0);
  for (let i: usize = 0; i < width; i += 4) {
    lanes = madd(loadLanes(a + (i << 2), width - i), loadLanes(b + (i << 2), width - i), lanes);
  }
  return sumLanes(lanes);
}

/** target += factor x */
function addTo(target: usize, x: usize, factor: f32, width: usize): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < width; i += 4) {
    const at = i << 2;
    const left = width - i;
    storeLanes(target + at, madd(factors, loadLanes(x + at, left), loadLanes(target + at, left)), left);
  }
}

/** x *= factor */
function multiplyBy(x: usize, factor: f32, width: usize): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < width; i += 4) {
    const left = width - i;
    storeLanes(x + (i << 2), f32x4.mul(factors, loadLanes(x + (i << 2), left)), left);
  }
}

/**
 * The gradient of y a / b with a = rms(x) and b = sqrt(max(mean(y^2), 1e-5)). With p = sum of g y:
 *
 *   dy = g a / b - p a y / (width b^3), the second term if b is no bound;  dx += p x / (width a b)
 *
 * @param gradient f32 [rows, width]: g on entry, dy on return
 * @param dx f32 [rows, width]; it is added to
 * @param y f32 [rows, width], before it was scaled
 */
export function matchMagnitudeGradient(
  gradient: usize,
  dx: usize,
  y: usize,
  x: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const own = row * bytes;
    const wanted = Mathf.sqrt(sumOfSquares(x + own, bytes, 0) / <f32>width);
    const mean = sumOfSquares(y + own, bytes, 0) / <f32>width;
    const length = Mathf.sqrt(max(mean, LEAST));
    const product = dot(gradient + own, y + own, width) / (<f32>width * length);
    multiplyBy(gradient + own, wanted / length, width);
    if (mean > LEAST) addTo(gradient + own, y + own, (-product * wanted) / (length * length), width);
    if (wanted > 0) addTo(dx + own, x + own, product / wanted, width);
  }
}

/**
 * The gradient of out_j = x_j + sum over k of weights_jk x_k: dx_k = g_k + sum over j of weights_jk g_j, and
 * dweights_jk = g_j . x_k.
 *
 * @param dx f32 [rows, count * width], overwritten
 * @param dweights f32 [rows, count * count], overwritten
 * @param gradient f32 [rows, count * width]
 */
export function mixStreamsGradient(
  dx: usize,
  dweights: usize,
  gradient: usize,
  x: usize,
  weights: usize,
  count: usize,
  width: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const own = row * count * bytes;
    const first = (row * count * count) << 2;
    memory.copy(dx + own, gradient + own, count * bytes);
    for (let j: usize = 0; j < count; j++) {
      for (let k: usize = 0; k < count; k++) {
        const at = first + ((j * count + k) << 2);
        f32.store(dweights + at, dot(gradient + own + j * bytes, x + own + k * bytes, width));
        addTo(dx + own + k * bytes, gradient + own + j * bytes, f32.load(weights + at), width);
      }
    }
  }
}

/**
 * The gradient of streams_j += (1 + weights_j) x for j from `first` on: dx = sum of (1 + weights_j) g_j, and
 * dweights_j = g_j . x, 0 for other streams. That of the streams is g itself.
 *
 * @param dx f32 [rows, width], overwritten
 * @param dweights f32 [rows, count], overwritten, or 0 for none
 * @param gradient f32 [rows, count * width]
 * @param weights f32 [rows, count], or 0 for zeros
 */
export function addToStreamsGradient(
  dx: usize,
  dweights: usize,
  gradient: usize,
  x: usize,
  weights: usize,
  count: usize,
  width: usize,
  first: usize,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const own = row * bytes;
    memory.fill(dx + own, 0, bytes);
    for (let j: usize = 0; j < count; j++) {
      const at = (row * count + j) << 2;
      const slope = gradient + (row * count + j) * bytes;
      if (dweights != 0) f32.store(dweights + at, j < first ? 0 : dot(slope, x + own, width));
      if (j < first) continue;
      const weight: f32 = weights == 0 ? 0 : f32.load(weights + at);
      addTo(dx + own, slope, 1 + weight, width);
    }
  }
}

/**
 * The gradient of max(x - c, 0), c = mean + deviations std, of the first `width` elements, in place. With G, the
 * sum of g where x > c:
 *
 *   dx = (g where x > c, else 0) - G (1 + deviations (x - mean) / std) / width
 *
 * @param gradient f32, rows `stride` elements apart
 * @param x f32, as it was, rows `stride` elements apart
 */
export function sparsifyGradient(
  gradient: usize,
  x: usize,
  width: usize,
  stride: usize,
  deviations: f32,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  for (let row = begin; row < end; row++) {
    const from = x + ((row * stride) << 2);
    const own = gradient + ((row * stride) << 2);
    const mean = sum(from, bytes) / <f32>width;
    const deviation = Mathf.sqrt(sumOfSquares(from, bytes, mean) / <f32>width);
    const cutoff = mean + deviation * deviations;
    let total: f32 = 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      if (f32.load(from + i) > cutoff) total += f32.load(own + i);
      else f32.store(own + i, 0);
    }
    const share = total / <f32>width;
    const slope: f32 = deviation > 0 ? deviations / deviation : 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      const change = share * (1 + slope * (f32.load(from + i) - mean));
      f32.store(own + i, f32.load(own + i) - change);
    }
  }
}
