/** Position encodings that are computed: the sinusoidal table, slopes of ALiBi, factors of queries. */
import type { QueryScaleConfig } from "./attention/score-config.ts";
import type { SinusoidsConfig } from "./config.ts";

/** Factors of the queries at positions 0 to `positions` - 1. */
export const queryFactors = ({ beta, interval, offset }: QueryScaleConfig, positions: number): Float32Array =>
  Float32Array.from(
    { length: positions },
    (_, i) => 1 + beta * Math.log1p(Math.floor((i + offset) / interval)),
  );

/**
 * Slopes of ALiBi by head (Press et al. 2021). With p the largest power of two up to the number of heads, the
 * first p heads have 2^(-8 (h + 1) / p), and the others every second slope of twice as many heads.
 */
export function alibiSlopes(nHead: number): number[] {
  const p = 2 ** Math.floor(Math.log2(nHead));
  return Array.from({ length: nHead }, (_, h) =>
    h < p ? 2 ** ((-8 * (h + 1)) / p) : 2 ** ((-4 * (2 * (h - p) + 1)) / p),
  );
}

/**
 * Buckets of distances d = key - row, from -most to most (Raffel et al. 2020). Half of the buckets have one
 * distance each; the others grow with its logarithm, up to maxDistance. An encoder has two such halves, one
 * for keys behind the row.
 */
export function relativeBuckets(
  { buckets, maxDistance }: { readonly buckets: number; readonly maxDistance: number },
  seesAhead: boolean,
): number[] {
  const count = seesAhead ? Math.floor(buckets / 2) : buckets;
  const exact = Math.floor(count / 2);
  return Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
    const distance = i - maxDistance;
    const size = seesAhead ? Math.abs(distance) : Math.max(-distance, 0);
    const first = seesAhead && distance > 0 ? count : 0;
    if (size < exact) return first + size;
    const grown = Math.log(size / exact) / Math.log(maxDistance / exact);
    return first + Math.min(count - 1, exact + Math.floor(grown * (count - exact)));
  });
}

/**
 * The table of Vaswani et al. 2017, section 3.5, row-major [positions, width]: sines and cosines alternate,
 * or those of all frequencies lie one after the other.
 */
export function sinusoidalTable(positions: number, width: number, halves?: SinusoidsConfig): Float32Array {
  const table = new Float32Array(positions * width);
  const half = Math.floor(width / 2);
  const { first, steps } = halves ?? { first: 0, steps: width / 2 };
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < (halves ? 2 * half : width); i++) {
      const pair = halves ? i % half : (i - (i % 2)) / 2;
      const isSine = halves ? i < half : i % 2 === 0;
      const angle = (position + first) / 10_000 ** (pair / steps);
      table[position * width + i] = isSine ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return table;
}
