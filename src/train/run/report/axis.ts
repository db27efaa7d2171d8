/** Axes of charts. */

/** Round numbers that divide a range into about this many parts: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, parts: number): number[] {
  const step = roundStep((high - low) / parts);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

function roundStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The lowest and the highest of some numbers with a little room; from 0 to 1 without numbers. */
export function range(values: readonly number[]): readonly [low: number, high: number] {
  const [low, high] = values.reduce<readonly [number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (!(low <= high)) return [0, 1];
  const room = (high - low) * 0.05 || 0.5;
  return [low - room, high + room];
}

/** At most `count` points: means of neighbours. */
export function thinned<P extends { readonly step: number; readonly value: number }>(
  points: readonly P[],
  count: number,
): readonly { readonly step: number; readonly value: number }[] {
  if (points.length <= count) return points;
  return Array.from({ length: count }, (_, i) => {
    const group = points.slice(
      Math.floor((i * points.length) / count),
      Math.floor(((i + 1) * points.length) / count),
    );
    const value = group.reduce((sum, point) => sum + point.value, 0) / group.length;
    return { step: group.at(-1)?.step ?? 0, value };
  });
}
