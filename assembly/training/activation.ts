/**
 * Gradients of the activation functions. Functions of one operand turn the gradient of the output into the
 * gradient of the input in place, for groups of four elements [begin, end).
 */
import { Activations } from "../activation/functions";

export function multiplyBySlope<F>(gradient: usize, x: usize, begin: usize, end: usize): void {
  for (let i = begin << 4; i < end << 4; i += 16) {
    v128.store(gradient + i, f32x4.mul(v128.load(gradient + i), Activations.slope<F>(v128.load(x + i))));
  }
}

/**
 * gradient *= 1 - (y / c)^2, the slope of y = c tanh(x / c).
 *
 * @param y the capped values
 */
export function softCapGradient(gradient: usize, y: usize, cap: f32, begin: usize, end: usize): void {
  const caps = f32x4.splat(cap);
  for (let i = begin << 4; i < end << 4; i += 16) {
    const t = f32x4.div(v128.load(y + i), caps);
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t));
    v128.store(gradient + i, f32x4.mul(v128.load(gradient + i), slope));
  }
}
