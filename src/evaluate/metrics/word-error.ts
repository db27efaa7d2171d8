/**
 * Word and character error rates of speech recognition:
 *
 *   WER = (S + D + I) / words of the reference      substitutions, deletions, insertions of the best alignment
 *
 * Words stand between blanks, as in jiwer. Nothing else is normalized.
 */
import type { Metric, Score } from "./metric.ts";
import { trimmed } from "./words.ts";

export interface ErrorRate extends Score {
  readonly hits: number;
  readonly substitutions: number;
  readonly deletions: number;
  readonly insertions: number;
}

export const createWordError = (): Metric<ErrorRate> =>
  errorRate("WER", (text) =>
    trimmed(text)
      .replace(/\s\s+/g, " ")
      .split(" ")
      .filter((word) => word !== ""),
  );

export const createCharacterError = (): Metric<ErrorRate> => errorRate("CER", (text) => [...trimmed(text)]);

const errorRate = (name: string, unitsOf: (text: string) => string[]): Metric<ErrorRate> => ({
  name,
  decimals: 4,
  higherIsBetter: false,
  settings: [],
  statistics: (hypothesis, references) =>
    references
      .map((reference) => align(unitsOf(hypothesis), unitsOf(reference)))
      .reduce((least, other) => (rateOf(other) < rateOf(least) ? other : least)),
  score(sums) {
    const [hits = 0, substitutions = 0, deletions = 0, insertions = 0] = sums;
    const errors = `S = ${substitutions} D = ${deletions} I = ${insertions}`;
    const counts = { hits, substitutions, deletions, insertions };
    return { score: rateOf(sums), ...counts, detail: `(${errors} of ${hits + substitutions + deletions})` };
  },
});

/** 1 for errors against an empty reference. */
function rateOf([hits = 0, substitutions = 0, deletions = 0, insertions = 0]: readonly number[]): number {
  const length = hits + substitutions + deletions;
  const errors = substitutions + deletions + insertions;
  return length > 0 ? errors / length : Math.min(errors, 1);
}

/**
 * Counts of an alignment with the fewest errors (Levenshtein 1966), and the most hits among those:
 * [hits, substitutions, deletions, insertions].
 */
function align(hypothesis: readonly string[], reference: readonly string[]): number[] {
  const [n, m] = [hypothesis.length, reference.length];
  // A row holds errors and hits of the first i units of the hypothesis and each number of the reference's.
  let errors = Array.from({ length: m + 1 }, (_, j) => j);
  let hits = new Array<number>(m + 1).fill(0);
  for (let i = 1; i <= n; i++) {
    const [rowErrors, rowHits] = [[i], [0]];
    for (let j = 1; j <= m; j++) {
      const same = Number(hypothesis[i - 1] === reference[j - 1]);
      let [fewest, most] = [(errors[j - 1] as number) + 1 - same, (hits[j - 1] as number) + same];
      for (const [before, kept] of [
        [errors[j], hits[j]],
        [rowErrors[j - 1], rowHits[j - 1]],
      ] as [number, number][]) {
        if (before + 1 < fewest || (before + 1 === fewest && kept > most))
          [fewest, most] = [before + 1, kept];
      }
      rowErrors.push(fewest);
      rowHits.push(most);
    }
    [errors, hits] = [rowErrors, rowHits];
  }
  return split(errors[m] as number, hits[m] as number, n, m);
}

/** With h hits and s substitutions the hypothesis has n = h + s + i units, the reference m = h + s + d. */
function split(errors: number, hits: number, n: number, m: number): number[] {
  const substitutions = n + m - 2 * hits - errors;
  return [hits, substitutions, m - hits - substitutions, n - hits - substitutions];
}
