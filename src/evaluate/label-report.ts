/** What labels say of their raters: how often they agree, and whether place or length decides. */
import { type Estimate, meanOf } from "./statistics.ts";

export interface Label {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly rater: string;
  /** Whether the chosen answer stood at the left; undefined if that is not known. */
  readonly isLeft?: boolean | undefined;
}

export interface LabelReport {
  readonly labels: number;
  readonly raters: readonly string[];
  /** Share of choices of the left answer: 0.5 without a bias. */
  readonly left: Estimate | undefined;
  /** Share of choices of the longer answer, of pairs of different lengths. */
  readonly longer: Estimate | undefined;
  /** Of pairs of raters on the same answers: the share of equal choices. */
  readonly agreement: Estimate | undefined;
  /** (agreement - 1/2) / (1/2): 0 by chance, because the order of two answers means nothing. */
  readonly kappa: number | undefined;
}

export function labelReport(labels: readonly Label[]): LabelReport {
  const placed = labels.flatMap(({ isLeft }) => (isLeft === undefined ? [] : [Number(isLeft)]));
  const lengths = labels.flatMap(({ chosen, rejected }) =>
    chosen.length === rejected.length ? [] : [Number(chosen.length > rejected.length)],
  );
  const agreement = estimated(agreements(labels));
  return {
    labels: labels.length,
    raters: [...new Set(labels.map(({ rater }) => rater))].sort(),
    left: estimated(placed),
    longer: estimated(lengths),
    agreement,
    kappa: agreement && 2 * agreement.value - 1,
  };
}

const estimated = (values: readonly number[]): Estimate | undefined =>
  values.length === 0 ? undefined : meanOf(values);

/** 1 or 0 for each two raters of the same answers: whether they chose the same. */
function agreements(labels: readonly Label[]): number[] {
  const byPair = new Map<string, Map<string, string>>();
  for (const { prompt, chosen, rejected, rater } of labels) {
    const key = JSON.stringify([prompt, ...[chosen, rejected].sort()]);
    const choices = byPair.get(key) ?? new Map<string, string>();
    byPair.set(key, choices.set(rater, chosen));
  }
  return [...byPair.values()].flatMap((choices) => {
    const own = [...choices.values()];
    return own.flatMap((choice, i) => own.slice(i + 1).map((other) => Number(choice === other)));
  });
}
