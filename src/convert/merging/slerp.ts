/**
 * Spherical interpolation of two models (Shoemake 1985), as mergekit does it: on the arc between their
 * directions. Each tensor is one vector.
 */
import type { MergeSettings } from "./settings.ts";

/** Vectors whose cosine is above it are interpolated on the straight line. */
const PARALLEL = 0.9995;
const LEAST_LENGTH = 1e-8;

/** sin((1 - t) a) / sin(a) x + sin(t a) / sin(a) y, with the angle a between x and y. */
export function slerp([x, y]: readonly Float32Array[], { t = 0.5 }: MergeSettings): Float32Array {
  if (!(x && y)) throw new Error("slerp takes two tensors");
  const cosine = dot(x, y) / (lengthOf(x) * lengthOf(y));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const isStraight = Math.abs(cosine) > PARALLEL;
  const ofX = isStraight ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
  const ofY = isStraight ? t : Math.sin(t * angle) / Math.sin(angle);
  return x.map((value, i) => ofX * value + ofY * (y[i] ?? 0));
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** 1 for a vector that is too short to have a direction. */
function lengthOf(x: Float32Array): number {
  const length = Math.sqrt(dot(x, x));
  return length > LEAST_LENGTH ? length : 1;
}
