/** What labels say of their raters: how often they agree, and whether place or length decides. */
import { type Estimate, sampleMeanOf } from "./statistics.ts";

export interface Label {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly rater: string;
  /** Whether both are as good. Default false. */
  readonly isTie?: boolean | undefined;
  /** Whether the chosen answer stood at the left; undefined if that is not known. */
  readonly isLeft?: boolean | undefined;
}

export interface LabelReport {
  readonly labels: number;
  readonly raters: readonly string[];
  /** Share of answers that are as good as each other; undefined if no label says so. */
  readonly ties: Estimate | undefined;
  /** Share of choices of the left answer: 0.5 without a bias. */
  readonly left: Estimate | undefined;
  /** Share of choices of the longer answer, of pairs of different lengths. */
  readonly longer: Estimate | undefined;
  /** Of pairs of raters on the same answers: the share of equal labels, of choices and of ties. */
  readonly agreement: Estimate | undefined;
  /**
   * (agreement - chance) / (1 - chance). By chance two raters choose alike with 1/2, because the order of two
   * answers means nothing, and both say tie as often as ties are (Scott 1955, "pi").
   */
  readonly kappa: number | undefined;
}

export function labelReport(labels: readonly Label[]): LabelReport {
  const isTie = labels.map((label) => label.isTie === true);
  const tied = isTie.filter(Boolean).length / labels.length;
  const chosen = labels.filter((_, i) => !isTie[i]);
  const chance = tied ** 2 + (1 - tied) ** 2 / 2;
  const placed = chosen.flatMap(({ isLeft }) => (isLeft === undefined ? [] : [Number(isLeft)]));
  const lengths = chosen.flatMap(({ chosen, rejected }) =>
    chosen.length === rejected.length ? [] : [Number(chosen.length > rejected.length)],
  );
  const agreement = estimated(agreements(labels));
  return {
    labels: labels.length,
    raters: [...new Set(labels.map(({ rater }) => rater))].sort(),
    ties: tied > 0 ? estimated(isTie.map(Number)) : undefined,
    left: estimated(placed),
    longer: estimated(lengths),
    agreement,
    kappa: agreement && chance < 1 ? (agreement.value - chance) / (1 - chance) : undefined,
  };
}

const estimated = (values: readonly number[]): Estimate | undefined =>
  values.length === 0 ? undefined : sampleMeanOf(values);

/** 1 or 0 for each two raters of the same answers: whether they say the same. A tie is undefined. */
function agreements(labels: readonly Label[]): number[] {
  const byPair = new Map<string, Map<string, string | undefined>>();
  for (const { prompt, chosen, rejected, rater, isTie } of labels) {
    const key = JSON.stringify([prompt, ...[chosen, rejected].sort()]);
    const choices = byPair.get(key) ?? new Map<string, string | undefined>();
    byPair.set(key, choices.set(rater, isTie ? undefined : chosen));
  }
  return [...byPair.values()].flatMap((choices) => {
    const own = [...choices.values()];
    return own.flatMap((choice, i) => own.slice(i + 1).map((other) => Number(choice === other)));
  });
}
