/** What a model's hidden states are to say: one objective for each head that reads them. */

import { NO_TARGET } from "../compute/training/gradient-ops.ts";
import type { Decoder, Linear } from "../model/modules.ts";
import type { Classification } from "./classification.ts";
import { countTargets, type Sequence } from "./examples.ts";

export interface Objective {
  readonly head: Linear;
  /** Probability that an element of the head's input is dropped. */
  readonly dropout: number;
  /** Of each row of a sequence: the output that is right, or NO_TARGET. */
  readonly targetsOf: (sequence: Sequence) => readonly number[];
  /** What the sum of the cross-entropies is multiplied by before it is differentiated. */
  readonly scale: number;
}

/**
 * Of a language model the mean cross-entropy of all ids that are predicted; of a classifier that of the sequences' classes, read off
 * their last rows, and the former times its weight.
 */
export function objectivesOf(
  { head, embedding }: Decoder,
  classification: Classification | null,
  sequences: readonly Sequence[],
): readonly [Objective, ...Objective[]] {
  const targets = countTargets(sequences);
  const ofTokens = { targetsOf: ({ targets }: Sequence) => targets, dropout: 0 };
  if (classification === null) return [{ ...ofTokens, head, scale: 1 / targets }];
  const { dropout, lmLossWeight } = classification;
  const ofClasses = { head, dropout, targetsOf: classTargets, scale: 1 / sequences.length };
  if (lmLossWeight === 0 || targets === 0) return [ofClasses];
  return [
    ofClasses,
    { ...ofTokens, head: { ...head, weight: embedding.tokens.weight }, scale: lmLossWeight / targets },
  ];
}

const classTargets = ({ inputs, label = NO_TARGET }: Sequence): number[] =>
  inputs.map((_, row) => (row === inputs.length - 1 ? label : NO_TARGET));
