/** The loss of language models and its gradient, in one pass over the logits. */
import { maximum, softmaxRow } from "../norm/softmax";

/** Target of a row without loss. */
export const NO_TARGET: u32 = 0xffffffff;

/**
 * Cross-entropy of rows [begin, end) in nats. The target gets 1 - smoothing + smoothing / width of the
 * probability, every other class smoothing / width (Szegedy et al. 2016). The logits become the gradient of
 * weight * loss. Rows without a target have loss 0 and gradient 0.
 *
 * @param logits f32 [rows, width]
 * @param targets u32 [rows], 0xffffffff for none
 * @param weights f32 [rows]
 * @param losses f32 [rows]
 */
export function crossEntropy(
  logits: usize,
  targets: usize,
  weights: usize,
  losses: usize,
  width: usize,
  smoothing: f32,
  begin: usize,
  end: usize,
): void {
  const bytes = width << 2;
  const share: f32 = smoothing / <f32>width;
  for (let row = begin; row < end; row++) {
    const x = logits + row * bytes;
    const target = load<u32>(targets + (row << 2));
    if (target == NO_TARGET) {
      memory.fill(x, 0, bytes);
      f32.store(losses + (row << 2), 0);
      continue;
    }
    const place = x + ((<usize>target) << 2);
    const score = f32.load(place);
    const mean: f32 = smoothing == 0 ? 0 : meanOf(x, width);
    const largest = maximum(x, bytes);
    const logSum = <f64>largest + Math.log(<f64>softmaxRow(x, x, width));
    const expected = (<f64>1 - <f64>smoothing) * <f64>score + <f64>smoothing * <f64>mean;
    f32.store(losses + (row << 2), <f32>(logSum - expected));

    const weight = f32.load(weights + (row << 2));
    const scales = f32x4.splat(weight);
    const shares = f32x4.splat(share);
    const vectors = bytes & ~15;
    for (let i: usize = 0; i < vectors; i += 16) {
      v128.store(x + i, f32x4.mul(f32x4.sub(v128.load(x + i), shares), scales));
    }
    for (let i = vectors; i < bytes; i += 4) f32.store(x + i, (f32.load(x + i) - share) * weight);
    f32.store(place, f32.load(place) - (1 - smoothing) * weight);
  }
}

function meanOf(x: usize, width: usize): f32 {
  let total: f64 = 0;
  for (let i: usize = 0; i < width; i++) total += <f64>f32.load(x + (i << 2));
  return <f32>(total / <f64>width);
}
