/** The searches of the encoders of K types in plain float32 (make_*_quants in ggml-quants.c). */

const { abs, fround, max, min } = Math;

export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => fround(total + value), 0);
export const product = (...factors: readonly number[]): number => factors.reduce((a, b) => fround(a * b));
export const quotient = (a: number, b: number): number => fround(a / b);
export const squares = (x: readonly number[]): number => sum(x.map((v) => product(v, v)));
export const within = (value: number, least: number, most: number): number => max(least, min(most, value));
export const at = (values: readonly number[], i: number): number => values[i] as number;

/** The nearest integer, ties to even. */
export function nearest(value: number): number {
  return fround(fround(value + 12582912) - 12582912);
}

export const ZERO = fround(1e-15);

/** The value of largest magnitude, the first of equal ones. */
export const extreme = (x: readonly number[]): number =>
  x.reduce((found, v) => (abs(v) > abs(found) ? v : found), 0);

export interface Fit {
  readonly scale: number;
  readonly integers: readonly number[];
  readonly min: number;
}

/** make_qx_quants */
export function fitSigned(x: readonly number[], w: readonly number[], levels: number): Fit {
  const largest = extreme(x);
  if (abs(largest) < ZERO) return { scale: 0, integers: x.map(() => 0), min: 0 };
  const integersAt = (inverse: number) =>
    x.map((v) => within(nearest(product(inverse, v)), -levels, levels - 1));
  let chosen = quotient(-levels, largest);
  const measure = (integers: readonly number[]) => ({
    lx: sum(x.map((v, i) => product(at(w, i), v, at(integers, i)))),
    ll: sum(integers.map((l, i) => product(at(w, i), l, l))),
  });
  const first = measure(integersAt(chosen));
  let scale = first.ll === 0 ? 0 : quotient(first.lx, first.ll);
  let best = product(scale, first.lx);
  for (let i = -9; i <= 9; i++) {
    if (i === 0) continue;
    const inverse = quotient(-fround(levels + product(fround(0.1), i)), largest);
    const { lx, ll } = measure(integersAt(inverse));
    if (!(ll > 0 && product(lx, lx) > product(best, ll))) continue;
    scale = quotient(lx, ll);
    best = product(scale, lx);
    chosen = inverse;
  }
  return { scale, integers: integersAt(chosen).map((l) => l + levels), min: 0 };
}

/**
 * Moves integers to where they fit the scale of the others: the end of make_q3_quants and of make_qp_quants.
 */
function refine(
  x: readonly number[],
  w: readonly number[],
  from: readonly number[],
  least: number,
  most: number,
  needsRest: boolean,
): Fit {
  const integers = [...from];
  let lx = sum(x.map((v, i) => product(at(w, i), v, at(integers, i))));
  let ll = sum(integers.map((l, i) => product(at(w, i), l, l)));
  for (let round = 0; round < 5; round++) {
    for (const [i, v] of x.entries()) {
      const l = at(integers, i);
      const weight = at(w, i);
      const restX = fround(lx - product(weight, v, l));
      const rest = fround(ll - product(weight, l, l));
      if (!(restX > 0) || (needsRest && !(rest > 0))) continue;
      const next = within(nearest(quotient(product(v, rest), restX)), least, most);
      if (next === l) continue;
      const [newX, newL] = [
        fround(restX + product(weight, v, next)),
        fround(rest + product(weight, next, next)),
      ];
      if (!(newL > 0 && product(newX, newX, ll) > product(lx, lx, newL))) continue;
      integers[i] = next;
      [lx, ll] = [newX, newL];
    }
  }
  return { scale: ll > 0 ? quotient(lx, ll) : 0, integers, min: 0 };
}

/** make_q3_quants */
export function refineSigned(x: readonly number[], levels: number): Fit {
  const largest = extreme(x);
  if (abs(largest) < ZERO) return { scale: 0, integers: x.map(() => 0), min: 0 };
  const inverse = quotient(-levels, largest);
  const integers = x.map((v) => within(nearest(product(inverse, v)), -levels, levels - 1));
  const fit = refine(
    x,
    x.map((v) => product(v, v)),
    integers,
    -levels,
    levels - 1,
    false,
  );
  return { ...fit, integers: fit.integers.map((l) => l + levels) };
}

/** make_qp_quants */
export function fitPositive(x: readonly number[], w: readonly number[], most: number): Fit {
  const largest = max(0, ...x);
  if (largest < ZERO) return { scale: 0, integers: x.map(() => 0), min: 0 };
  const errorOf = (inverse: number, limit: number) => {
    const scale = quotient(1, inverse);
    return sum(
      x.map((v, i) => {
        const difference = fround(v - product(scale, min(limit, nearest(product(inverse, v)))));
        return product(at(w, i), difference, difference);
      }),
    );
  };
  let inverse = quotient(most, largest);
  let best = errorOf(inverse, Number.POSITIVE_INFINITY);
  for (let i = -4; i <= 4; i++) {
    if (i === 0) continue;
    const own = quotient(fround(product(fround(0.1), i) + most), largest);
    const error = errorOf(own, most);
    if (!(error < best)) continue;
    best = error;
    inverse = own;
  }
  const integers = x.map((v) => min(most, nearest(product(inverse, v))));
  return refine(x, w, integers, Number.NEGATIVE_INFINITY, most, true);
}

interface Search {
  readonly first: number;
  readonly step: number;
  readonly tries: number;
  readonly byMagnitude?: boolean;
}
export const WEIGHTED: Search = { first: fround(-0.9), step: fround(0.05), tries: 36 };

/** make_qkx2_quants and make_qkx3_quants */
export function fitWithMin(x: readonly number[], w: readonly number[], most: number, search: Search): Fit {
  const { first, step, tries, byMagnitude = false } = search;
  const [sumW, sumX] = [sum(w), sum(x.map((v, i) => product(at(w, i), v)))];
  const largest = max(...x);
  let least = min(0, ...x);
  if (largest === least) return { scale: 0, integers: x.map(() => 0), min: -least };
  const errorOf = (scale: number, least: number, integers: readonly number[]) =>
    sum(
      x.map((v, i) => {
        const difference = fround(fround(product(scale, at(integers, i)) + least) - v);
        return product(at(w, i), byMagnitude ? abs(difference) : product(difference, difference));
      }),
    );
  const integersAt = (inverse: number) =>
    x.map((v) => within(nearest(product(inverse, fround(v - least))), 0, most));
  const inverse = quotient(most, fround(largest - least));
  let scale = quotient(1, inverse);
  let integers = integersAt(inverse);
  let best = errorOf(scale, least, integers);
  for (let i = 0; i <= tries; i++) {
    const tried = integersAt(
      quotient(fround(fround(first + product(step, i)) + most), fround(largest - least)),
    );
    const weighted = tried.map((l, k) => product(at(w, k), l));
    const sumL = sum(weighted);
    const sumLL = sum(weighted.map((wl, k) => product(wl, at(tried, k))));
    const sumXL = sum(weighted.map((wl, k) => product(wl, at(x, k))));
    const determinant = fround(product(sumW, sumLL) - product(sumL, sumL));
    if (!(determinant > 0)) continue;
    let ownScale = quotient(fround(product(sumW, sumXL) - product(sumX, sumL)), determinant);
    let ownMin = quotient(fround(product(sumLL, sumX) - product(sumL, sumXL)), determinant);
    if (ownMin > 0) [ownScale, ownMin] = [quotient(sumXL, sumLL), 0];
    const error = errorOf(ownScale, ownMin, tried);
    if (!(error < best)) continue;
    [best, scale, least, integers] = [error, ownScale, ownMin, tried];
  }
  return { scale, integers, min: -least };
}
