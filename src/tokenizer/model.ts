/** The model of a tokenizer: it turns a piece of text into tokens. */

import type { ExplainedPiece } from "./explanation.ts";

export interface PieceModel {
  /** Appends the ids of the piece of `text` from `start` up to `end`. */
  encode(text: string, start: number, end: number, ids: number[]): void;
  /** Encodes a piece and keeps every step. */
  explain(piece: string): ExplainedPiece;
}
