/** How often a reward model tells the preferred text, in all and by group. */
import { meanOf } from "./statistics.ts";

export interface ScoredPair {
  readonly chosen: number;
  readonly rejected: number;
  /** Name of its group; undefined without groups. */
  readonly group?: string | undefined;
}

export interface PreferenceScores {
  readonly pairs: number;
  /** Share of pairs whose chosen text has the higher reward. A tie is not right. */
  readonly accuracy: number;
  /** One standard error of the accuracy. */
  readonly error: number;
  /** Mean difference of the rewards. */
  readonly margin: number;
}

export interface PreferenceReport extends PreferenceScores {
  readonly groups: readonly (PreferenceScores & { readonly group: string })[];
}

export function preferenceReport(pairs: readonly ScoredPair[]): PreferenceReport {
  const names = new Set(pairs.flatMap(({ group }) => group ?? []));
  const groups = [...names].sort().map((name) => ({
    group: name,
    ...scoresOf(pairs.filter(({ group }) => group === name)),
  }));
  return { ...scoresOf(pairs), groups };
}

function scoresOf(pairs: readonly ScoredPair[]): PreferenceScores {
  const { value: accuracy, error } = meanOf(pairs.map(({ chosen, rejected }) => Number(chosen > rejected)));
  const { value: margin } = meanOf(pairs.map(({ chosen, rejected }) => chosen - rejected));
  return { pairs: pairs.length, accuracy, error, margin };
}
