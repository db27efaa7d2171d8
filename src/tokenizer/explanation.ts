/** How a text became tokens, step by step: what `explain` gives. */

/** From left to right: ids of tokens that were cut out of the text whole, and what lies between them. */
export type Explanation = readonly (number | ExplainedText)[];

export interface ExplainedText {
  /** After normalization. */
  readonly text: string;
  /** As the pre-tokenizer cut it. Where a piece comes again, it is the same object. */
  readonly pieces: readonly ExplainedPiece[];
}

export interface ExplainedPiece {
  readonly text: string;
  /** The tokens that merging started from: one where the piece is itself a token and not taken apart. */
  readonly symbols: readonly number[];
  /** In the order in which they were applied. */
  readonly merges: readonly AppliedMerge[];
  /** What was left: the tokens of the piece. */
  readonly ids: readonly number[];
}

/** Two neighbouring tokens became one. */
export interface AppliedMerge {
  /** The symbol that the left one begins with, counted from 0. */
  readonly at: number;
  readonly left: number;
  readonly right: number;
  readonly result: number;
  /** The pair with the lowest rank goes first, the leftmost among equals. */
  readonly rank: number;
  /** What the rank was made of, in vocabularies that have scores instead of merges. */
  readonly score: number | undefined;
}

/** The ids that the explanation ends in. */
export function idsOf(explanation: Explanation): number[] {
  return explanation.flatMap((part) =>
    typeof part === "number" ? part : part.pieces.flatMap(({ ids }) => ids),
  );
}
