/** The steps from a text to its tokens. */

/** From left to right: the ids of added tokens, and the texts between them. */
export type Explanation = readonly (number | ExplainedText)[];

export interface ExplainedText {
  /** After normalization. */
  readonly text: string;
  /** The pieces of the pre-tokenizer. Equal pieces are the same object. */
  readonly pieces: readonly ExplainedPiece[];
}

export interface ExplainedPiece {
  readonly text: string;
  /** The tokens that merging started from: one if the piece is itself a token and not taken apart. */
  readonly symbols: readonly number[];
  /** In the order in which they were applied. */
  readonly merges: readonly AppliedMerge[];
  /** The tokens of the piece. */
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
  /** The score that made the rank, in vocabularies with scores instead of merges. */
  readonly score: number | undefined;
}

/** The ids at the end of the explanation. */
export function idsOf(explanation: Explanation): number[] {
  return explanation.flatMap((part) =>
    typeof part === "number" ? part : part.pieces.flatMap(({ ids }) => ids),
  );
}
