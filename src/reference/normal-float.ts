/** Scalar twin of NF4 (assembly/quantized/normal-float.ts; Dettmers et al. 2023, section 3). */
const { fround } = Math;

const BLOCK = 64;
const LEVELS = [
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635],
  ...[-0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725],
  ...[0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941],
  ...[0.7229568362236023, 1],
];

/** The numbers that a row becomes: whole blocks, each with the scale of its largest magnitude. */
export const normalFloats = (row: readonly number[]): number[] =>
  row.map((value, i) => {
    const first = i - (i % BLOCK);
    const scale = row.slice(first, first + BLOCK).reduce((most, own) => Math.max(most, Math.abs(own)), 0);
    const x = scale === 0 ? 0 : fround(fround(value) * fround(1 / fround(scale)));
    return fround(nearest(x) * fround(scale));
  });

/** The level on the same side of the middle of two neighbours; on it, the lower one. */
function nearest(x: number): number {
  const index = LEVELS.findIndex((level, i) => {
    const next = LEVELS[i + 1];
    return next === undefined || x <= fround((fround(level) + fround(next)) / 2);
  });
  return LEVELS[index] ?? Number.NaN;
}
