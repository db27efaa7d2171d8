/**
 * A metric of texts: it compares hypotheses, the texts of a system, with references, the right ones. Segments
 * have statistics that add up, such as counts of matches. The score of a corpus is that of their sums.
 */

export interface Score {
  readonly score: number;
  /** What reports print behind the score. */
  readonly detail?: string | undefined;
}

export interface Metric<S extends Score = Score> {
  /** As reports print it, such as chrF2++. */
  readonly name: string;
  /** What the score depends on, in the signature's order. */
  readonly settings: readonly Setting[];
  /** Decimals that reports print: scores from 0 to 100 have one, those from 0 to 1 four. */
  readonly decimals: number;
  /** False for rates of errors. */
  readonly higherIsBetter: boolean;
  /** @param references at least one */
  statistics(hypothesis: string, references: readonly string[]): readonly number[];
  score(sums: readonly number[]): S;
}

/** `case:mixed`, or `c:mixed` in a short signature. */
export interface Setting {
  readonly name: string;
  readonly short: string;
  readonly value: string;
}

/** A text of a system and its references. */
export interface Segment {
  readonly hypothesis: string;
  readonly references: readonly string[];
}

export const statisticsOf = (metric: Metric, segments: readonly Segment[]): (readonly number[])[] =>
  segments.map(({ hypothesis, references }) => metric.statistics(hypothesis, references));

/** The score of all segments together. Those without references do not count. */
export const corpusScore = <S extends Score>(metric: Metric<S>, segments: readonly Segment[]): S =>
  metric.score(
    summed(
      statisticsOf(
        metric,
        segments.filter(({ references }) => references.length > 0),
      ),
    ),
  );

/** @param references at least one */
export const sentenceScore = <S extends Score>(
  metric: Metric<S>,
  hypothesis: string,
  references: readonly string[],
): S => metric.score(metric.statistics(hypothesis, references));

/** Sums by column. Those of no rows are empty. */
export function summed(rows: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(rows[0]?.length ?? 0).fill(0);
  for (const row of rows)
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (row[i] as number);
  return sums;
}

/** 0 if the divisor is 0. */
export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
