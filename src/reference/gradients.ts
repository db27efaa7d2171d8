/**
 * The scalar twins of the backward kernels: derivatives as formulas, in doubles and plain loops.
 * test/reference/gradients.test.ts compares each with finite differences of the forward twin.
 */
import { at, dot, erf, rope, sigmoid, softmax, sum } from "./twins.ts";

type Rows = number[][];

const row = (rows: Rows, i: number): number[] => rows[i] ?? [];

/** Gradients of x W^T + b. */
export function matmul(x: Rows, w: Rows, dy: Rows): { dx: Rows; dw: Rows; db: number[] } {
  return {
    dx: dy.map((g) => row(w, 0).map((_, k) => sum(g.map((v, n) => v * at(row(w, n), k))))),
    dw: w.map((_, n) => row(x, 0).map((_, k) => sum(dy.map((g, t) => at(g, n) * at(row(x, t), k))))),
    db: w.map((_, n) => sum(dy.map((g) => at(g, n)))),
  };
}

/** Gradients of layer norm; of RMS norm without a mean. */
export function norm(x: Rows, weight: number[], epsilon: number, centred: boolean, dy: Rows) {
  const width = weight.length;
  const normed = x.map((v) => {
    const mean = centred ? sum(v) / width : 0;
    const scale = 1 / Math.sqrt(sum(v.map((e) => (e - mean) ** 2)) / width + epsilon);
    return { scale, n: v.map((e) => (e - mean) * scale) };
  });
  const dx = dy.map((g, t) => {
    const { scale, n } = normed[t] ?? { scale: 0, n: [] };
    const own = g.map((v, i) => v * at(weight, i));
    const mean = centred ? sum(own) / width : 0;
    const along = dot(own, n) / width;
    return own.map((v, i) => scale * (v - mean - at(n, i) * along));
  });
  const dw = weight.map((_, i) => sum(dy.map((g, t) => at(g, i) * at(normed[t]?.n ?? [], i))));
  const db = weight.map((_, i) => sum(dy.map((g) => at(g, i))));
  return { dx, dw, db };
}

export function geluTanhSlope(x: number): number {
  const root = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(root * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x);
}

export const geluErfSlope = (x: number): number =>
  0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);

export function siluSlope(x: number): number {
  const s = 1 / (1 + Math.exp(-x));
  return s * (1 + x * (1 - s));
}

export function quickGeluSlope(x: number): number {
  const s = sigmoid(1.702 * x);
  return s * (1 + 1.702 * x * (1 - s));
}

export const relu6Slope = (x: number): number => (x > 0 && x < 6 ? 1 : 0);

export const sigmoidSlope = (x: number): number => sigmoid(x) * (1 - sigmoid(x));

export const reluSquaredSlope = (x: number): number => 2 * Math.max(x, 0);

export const softCapSlope = (x: number, cap: number): number => 1 - Math.tanh(x / cap) ** 2;

/** Gradient of one element of SwiGLU with bounds with respect to gate and up. */
export function clampedSwiglu(gate: number, up: number): { gate: number; up: number } {
  const [g, u] = [Math.min(gate, 7), Math.max(-7, Math.min(up, 7))];
  const s = 1 / (1 + Math.exp(-1.702 * g));
  return {
    gate: gate > 7 ? 0 : (u + 1) * s * (1 + 1.702 * g * (1 - s)),
    up: Math.abs(up) > 7 ? 0 : g * s,
  };
}

export const reluSlope = (x: number): number => (x > 0 ? 1 : 0);

export const tanhSlope = (x: number): number => 1 - Math.tanh(x) ** 2;

/** Gradient of rope: turns back by the same angle. */
export const ropeBack = (gradient: number[], position: number, frequencies: number[]): number[] =>
  rope(gradient, -position, frequencies);

/** Cross-entropy with label smoothing. A target of -1 has no loss. */
export function crossEntropy(logits: Rows, targets: number[], smoothing: number) {
  const losses: number[] = [];
  const gradient = logits.map((x, t) => {
    const target = at(targets, t);
    if (target < 0) {
      losses.push(0);
      return x.map(() => 0);
    }
    const p = softmax(x);
    const wanted = x.map((_, i) => smoothing / x.length + (i === target ? 1 - smoothing : 0));
    losses.push(-sum(wanted.map((w, i) => w * Math.log(at(p, i)))));
    return p.map((v, i) => v - at(wanted, i));
  });
  return { losses, gradient };
}

/** Step t >= 1 of AdamW for one parameter, as in the paper. */
export function adamW(
  { p, g, m, v }: { p: number; g: number; m: number; v: number },
  t: number,
  lr: number,
  [beta1, beta2]: readonly [number, number],
  epsilon: number,
  weightDecay: number,
) {
  const mean = beta1 * m + (1 - beta1) * g;
  const variance = beta2 * v + (1 - beta2) * g * g;
  const corrected = mean / (1 - beta1 ** t) / (Math.sqrt(variance / (1 - beta2 ** t)) + epsilon);
  return { p: p - lr * (corrected + weightDecay * p), m: mean, v: variance };
}
