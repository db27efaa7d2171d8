/** Pooling: from the hidden states of a text's tokens to one vector (Reimers & Gurevych 2019, section 3). */
import type { Pooling } from "../../families/embedding/modules.ts";

/** The hidden states of a text, row-major [tokens, width]. */
export interface States {
  readonly values: Float32Array;
  readonly width: number;
}

/** Sums are in float64. */
const pools = {
  /** The state of the first token. */
  cls: ({ values, width }) => values.slice(0, width),
  /** The greatest number of each dimension. */
  max: (states) =>
    scaled(
      reduce(states, Number.NEGATIVE_INFINITY, (most, value) => Math.max(most, value)),
      1,
    ),
  mean: (states) => scaled(sum(states), 1 / count(states)),
  mean_sqrt_len_tokens: (states) => scaled(sum(states), 1 / Math.sqrt(count(states))),
  /** Token i counts i + 1 times (Muennighoff 2022). */
  weightedmean: (states) => {
    const tokens = count(states);
    const weighted = reduce(states, 0, (total, value, row) => total + (row + 1) * value);
    return scaled(weighted, 2 / (tokens * (tokens + 1)));
  },
  /** The state of the last token: the only one that has seen all in a decoder. */
  lasttoken: ({ values, width }) => values.slice(values.length - width),
} as const satisfies Readonly<Record<Pooling, (states: States) => Float32Array>>;

/** Several poolings stand one behind the other. */
export function pool(poolings: readonly Pooling[], states: States): Float32Array {
  const parts = poolings.map((pooling) => pools[pooling](states));
  const pooled = new Float32Array(parts.length * states.width);
  for (const [i, part] of parts.entries()) pooled.set(part, i * states.width);
  return pooled;
}

/** A vector of length 1 in the same direction. Zeros stay. */
export function normalized(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(vector, vector));
  return norm === 0 ? vector : scaled(vector, 1 / norm);
}

/** The cosine of the angle between two vectors, 0 if one is zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const norms = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
  return norms === 0 ? 0 : dot(a, b) / norms;
}

function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

const count = ({ values, width }: States): number => values.length / width;

const sum = (states: States): Float64Array => reduce(states, 0, (total, value) => total + value);

const scaled = (vector: Float32Array | Float64Array, factor: number): Float32Array =>
  Float32Array.from(vector, (value) => value * factor);

/** Of each dimension over the tokens. */
function reduce(
  { values, width }: States,
  start: number,
  step: (total: number, value: number, row: number) => number,
): Float64Array {
  const totals = new Float64Array(width).fill(start);
  for (let i = 0, row = 0; i < values.length; row++) {
    for (let column = 0; column < width; column++, i++) {
      totals[column] = step(totals[column] as number, values[i] as number, row);
    }
  }
  return totals;
}
