/**
 * What kind of head each attention head is, as numbers (Olsson et al. 2022; TransformerLens). They are sums
 * over the attention weights A[query][key] of a text, which are added row by row.
 */
import { type Grid, zeros } from "./grid.ts";

/** A number for each head of a layer, [H]. NaN where no position counts. */
export interface HeadScores {
  /** Mean of A[i][i - 1] over i >= 1. */
  readonly previousToken: Grid;
  /** Mean of A[i][0] over i >= 1: the attention sink. */
  readonly firstToken: Grid;
  /** Attention to earlier positions of the same id, mean over the positions that have some; and over all. */
  readonly duplicateToken: Grid;
  readonly duplicateTokenAll: Grid;
  /** Attention to the positions after those: what followed this id before. Mean over the same positions. */
  readonly induction: Grid;
  /** Mean of -sum A ln A over i >= 1, in nats; and of that over ln(i + 1), its largest value. */
  readonly entropy: Grid;
  readonly entropyNormalised: Grid;
  /** Mean of sum A (i - j) over all i. */
  readonly distance: Grid;
}

export type HeadScore = keyof HeadScores;

/** Of the attention weights of a row: the entropy in nats, and the mean distance to the keys. */
interface RowSummary {
  readonly entropy: number;
  readonly distance: number;
}

/** Adds up the scores of the heads of a layer. */
export class HeadSums {
  readonly #sums: Readonly<Record<HeadScore, Float64Array>>;
  /** Positions that have earlier positions of their id. */
  #repeated = 0;
  #rows = 0;

  constructor(heads: number) {
    const sums = () => new Float64Array(heads);
    this.#sums = {
      previousToken: sums(),
      firstToken: sums(),
      duplicateToken: sums(),
      duplicateTokenAll: sums(),
      induction: sums(),
      entropy: sums(),
      entropyNormalised: sums(),
      distance: sums(),
    };
  }

  /** Counts a row. @param earlier positions before it of the same id */
  begin(earlier: readonly number[]): void {
    this.#rows++;
    if (earlier.length > 0) this.#repeated++;
  }

  /**
   * Adds the row of a head.
   *
   * @param i its position
   * @param earlier positions before it of the same id
   * @param weights of the head, from `first` on
   */
  add(
    head: number,
    i: number,
    earlier: readonly number[],
    weights: Float32Array,
    first: number,
    { entropy, distance }: RowSummary,
  ): void {
    const sums = this.#sums;
    addTo(sums.distance, head, distance);
    if (i > 0) {
      addTo(sums.previousToken, head, weights[first + i - 1] as number);
      addTo(sums.firstToken, head, weights[first] as number);
      addTo(sums.entropy, head, entropy);
      addTo(sums.entropyNormalised, head, entropy / Math.log(i + 1));
    }
    for (const j of earlier) {
      addTo(sums.duplicateToken, head, weights[first + j] as number);
      addTo(sums.induction, head, weights[first + j + 1] as number);
    }
  }

  scores(): HeadScores {
    const [rows, later, repeated] = [this.#rows, this.#rows - 1, this.#repeated];
    const sums = this.#sums;
    return {
      previousToken: mean(sums.previousToken, later),
      firstToken: mean(sums.firstToken, later),
      duplicateToken: mean(sums.duplicateToken, repeated),
      duplicateTokenAll: mean(sums.duplicateToken, rows),
      induction: mean(sums.induction, repeated),
      entropy: mean(sums.entropy, later),
      entropyNormalised: mean(sums.entropyNormalised, later),
      distance: mean(sums.distance, rows),
    };
  }
}

function addTo(sums: Float64Array, i: number, value: number): void {
  sums[i] = (sums[i] as number) + value;
}

function mean(sums: Float64Array, count: number): Grid {
  const grid = zeros(sums.length);
  for (const [i, sum] of sums.entries()) grid.values[i] = sum / count;
  return grid;
}

/** The earlier positions of the id at each position. */
export function repeats(ids: readonly number[]): readonly (readonly number[])[] {
  const places = new Map<number, number[]>();
  return ids.map((id, i) => {
    const before = places.get(id) ?? [];
    places.set(id, [...before, i]);
    return before;
  });
}

/** Kinds of heads with a name, and the score that says so. */
const KINDS = [
  ["induction", "induction"],
  ["previousToken", "previous token"],
  ["duplicateToken", "duplicate token"],
  ["firstToken", "sink"],
] as const satisfies readonly (readonly [HeadScore, string])[];

/** A head is of a kind if most of its attention goes there. */
const MOST = 0.5;

/** The kind of a head; undefined for one that is of none. */
export function headKind(scores: HeadScores, head: number): string | undefined {
  return KINDS.find(([score]) => (scores[score].values[head] ?? 0) > MOST)?.[1];
}
