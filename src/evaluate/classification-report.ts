/** Scores of a classifier on texts with labels. */

export interface Outcome {
  /** Class of the text. */
  readonly label: string;
  /** Class that the classifier named. */
  readonly predicted: string;
}

/** All but the support are from 0 to 1. A quotient with the divisor 0 counts as 0. */
export interface ClassReport {
  readonly label: string;
  /** Share of the right ones among the texts that were named so. */
  readonly precision: number;
  /** Share of the right ones among the texts of the class. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** Number of texts of the class. */
  readonly support: number;
}

export interface Scores {
  /** Share of texts whose class was named right. */
  readonly accuracy: number;
  /** Mean of the classes' F1. */
  readonly macroF1: number;
}

export interface Report extends Scores {
  readonly texts: number;
  readonly classes: readonly ClassReport[];
}

/**
 * Scores as in scikit-learn's `classification_report`, for all classes among the labels and the predictions.
 */
export function report(outcomes: readonly Outcome[]): Report {
  const right = outcomes.filter(({ label, predicted }) => label === predicted);
  const hitsOf = tally(right.map(({ label }) => label));
  const supportOf = tally(outcomes.map(({ label }) => label));
  const takenOf = tally(outcomes.map(({ predicted }) => predicted));
  const labels = new Set([
    ...outcomes.map(({ label }) => label),
    ...outcomes.map(({ predicted }) => predicted),
  ]);
  const classes = [...labels].sort().map((label): ClassReport => {
    const [hits, support, taken] = [hitsOf(label), supportOf(label), takenOf(label)];
    const f1 = ratio(2 * hits, support + taken);
    return { label, precision: ratio(hits, taken), recall: ratio(hits, support), f1, support };
  });
  const macroF1 = ratio(
    classes.reduce((sum, { f1 }) => sum + f1, 0),
    classes.length,
  );
  return { texts: outcomes.length, accuracy: ratio(right.length, outcomes.length), macroF1, classes };
}

function tally(labels: readonly string[]): (label: string) => number {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return (label) => counts.get(label) ?? 0;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** `accuracy 91.3%, macro-F1 0.905`. */
export const describeScores = ({ accuracy, macroF1 }: Scores): string =>
  `accuracy ${(100 * accuracy).toFixed(1)}%, macro-F1 ${macroF1.toFixed(3)}`;
