/**
 * Scalar twins of the encoders of K types (assembly/encoding/): the elements of a block, in float32
 * (quantize_row_*_ref and _impl in ggml-quants.c).
 */
import { toHalf } from "../../src/checkpoint/half.ts";
import { type Element, fromHalf } from "../../src/reference/elements.ts";
import {
  at,
  extreme,
  type Fit,
  fitPositive,
  fitSigned,
  fitWithMin,
  nearest,
  product,
  quotient,
  refineSigned,
  squares,
  sum,
  WEIGHTED,
  within,
  ZERO,
} from "./fits.ts";

const { abs, fround, max, min, sqrt } = Math;

const roundedToHalf = (value: number): number => fromHalf(toHalf(value));

/** Blocks with mins: 16 parts of 16 in Q2_K, 8 of 32 in Q4_K and Q5_K. */
const WITH_MIN = {
  Q2_K: {
    size: 16,
    most: 3,
    mostScale: 15,
    search: { first: -0.5, step: fround(0.1), tries: 15, byMagnitude: true },
  },
  Q4_K: { size: 32, most: 15, mostScale: 63, search: { first: -1, step: fround(0.1), tries: 20 } },
  Q5_K: { size: 32, most: 31, mostScale: 63, search: { first: -0.5, step: fround(0.1), tries: 15 } },
} as const;

const partsOf = <T>(x: readonly T[], size: number): T[][] =>
  Array.from({ length: x.length / size }, (_, i) => x.slice(i * size, (i + 1) * size));

/** importance * sqrt(spread + x^2) */
const weigh = (x: readonly number[], importance: readonly number[], spread: number): number[] =>
  x.map((v, i) => product(at(importance, i), fround(sqrt(fround(spread + product(v, v))))));

/** The elements of a block of 256. @param importance of its elements */
export function encodedWithMin(
  type: keyof typeof WITH_MIN,
  x: readonly number[],
  importance?: readonly number[],
): Element[] {
  const { size, most, mostScale, search } = WITH_MIN[type];
  const all = squares(x);
  const spread = product(size === 16 ? all : fround(2 * all), 1 / 256);
  const parts = partsOf(x, size);
  const weights = parts.map((own, i) => {
    if (importance) return weigh(own, partsOf(importance, size)[i] ?? [], spread);
    const base = size === 16 ? 0 : fround(sqrt(product(squares(own), 1 / 32)));
    return own.map((v) => fround(base + abs(v)));
  });
  const fits = parts.map((own, i) => fitWithMin(own, weights[i] ?? [], most, importance ? WEIGHTED : search));
  const [scales, mins] = [fits.map(({ scale }) => scale), fits.map((fit) => fit.min)];
  const quantized = (values: readonly number[]): Fit => {
    if (importance) return fitPositive(values, weights.map(sum), mostScale);
    const largest = max(0, ...values);
    const inverse = largest > 0 ? quotient(mostScale, largest) : 0;
    const integers = values.map((v) => min(mostScale, nearest(product(inverse, v))));
    return { scale: quotient(largest, mostScale), integers, min: 0 };
  };
  const [scale, least] = [quantized(scales), quantized(mins)];
  return parts.flatMap((own, i) => {
    const d = product(roundedToHalf(scale.scale), at(scale.integers, i));
    const m = product(roundedToHalf(least.scale), at(least.integers, i));
    return own.map((v, k): Element => {
      const l = within(nearest(quotient(fround(v + m), d)), 0, most);
      return { integer: d === 0 ? at(fits[i]?.integers ?? [], k) : l, scale: d, min: -m };
    });
  });
}

/** The elements of a block of 256 of Q3_K or Q6_K. */
export function encodedSigned(
  type: "Q3_K" | "Q6_K",
  x: readonly number[],
  importance?: readonly number[],
): Element[] {
  const levels = type === "Q3_K" ? 4 : 32;
  const spread = product(2, squares(x), 1 / 256);
  const parts = partsOf(x, 16);
  const weights = parts.map((own, i) => {
    const given = importance && partsOf(importance, 16)[i];
    if (type === "Q6_K") return given ?? own.map((v) => product(v, v));
    return given ? weigh(own, given, spread) : [];
  });
  const fits = parts.map((own, i) =>
    type === "Q3_K" && !importance ? refineSigned(own, levels) : fitSigned(own, weights[i] ?? [], levels),
  );
  const scales = fits.map(({ scale }) => scale);
  const largest = extreme(scales);
  const steps = type === "Q3_K" ? 32 : 128;
  const inverse = quotient(-steps, largest);
  const isNothing = type === "Q6_K" ? abs(largest) < ZERO : largest === 0;
  const plain: Fit = {
    scale: isNothing ? 0 : quotient(1, inverse),
    integers: scales.map((v) => (isNothing ? 0 : within(nearest(product(inverse, v)), -steps, steps - 1))),
    min: 0,
  };
  const weighted = type === "Q3_K" && importance && fitSigned(scales, weights.map(sum), 32);
  const { scale, integers } = weighted
    ? { scale: weighted.scale, integers: weighted.integers.map((l) => l - 32) }
    : plain;
  return parts.flatMap((own, i) => {
    const d = product(roundedToHalf(scale), at(integers, i));
    return own.map((v, k): Element => {
      const kept = type === "Q6_K" && isNothing ? 0 : at(fits[i]?.integers ?? [], k);
      const l = within(nearest(quotient(v, d)), -levels, levels - 1);
      return { integer: d === 0 ? kept - levels : l, scale: d, min: 0 };
    });
  });
}
