/**
 * The BPE model: a piece of text starts as single characters, which merge into the tokens of the vocabulary.
 */

import type { AppliedMerge, ExplainedPiece } from "../explanation.ts";
import type { PieceModel } from "../model.ts";
import { Merger } from "./merger.ts";
import type { Merges } from "./merges.ts";
import { PieceCache } from "./piece-cache.ts";
import type { SymbolOptions, Symbols } from "./symbols.ts";

/** A BPE model as files describe it. */
export interface BpeDescription {
  readonly type: "BPE";
  readonly merges: Merges;
  readonly symbols: SymbolOptions;
  /** A piece that is itself a token is not taken apart (`ignore_merges`). */
  readonly ignoreMerges: boolean;
}

export interface BpeParts {
  /** Spells a piece as the vocabulary does. */
  readonly spell: (piece: string) => string;
  /** The tokens a spelled piece starts from. */
  readonly symbols: Symbols;
  readonly merges: Merges;
  /** With `ignore_merges`: the tokens. A spelled piece that is itself a token is not taken apart. */
  readonly wholePieces?: ReadonlyMap<string, number> | undefined;
}

export class Bpe implements PieceModel {
  readonly #parts: BpeParts;
  readonly #merger: Merger;
  readonly #cache = new PieceCache();

  constructor(parts: BpeParts) {
    this.#parts = parts;
    this.#merger = new Merger(parts.merges);
  }

  /** Appends the ids of the piece of `text` from `start` up to `end`. */
  encode(text: string, start: number, end: number, ids: number[]): void {
    if (this.#cache.recall(text, start, end, ids)) return;
    const piece = text.slice(start, end);
    const tokens = this.#merger.merge(this.#symbols(piece));
    for (const id of tokens) ids.push(id);
    this.#cache.remember(piece, tokens);
  }

  /** Encodes a piece and keeps every step. */
  explain(piece: string): ExplainedPiece {
    const { merges } = this.#parts;
    const symbols = this.#symbols(piece);
    const applied: AppliedMerge[] = [];
    const ids = this.#merger.merge([...symbols], (at, left, right, slot) => {
      const rank = merges.rank(slot);
      const result = merges.result(slot);
      applied.push({ at, left, right, result, rank, score: merges.scores?.[rank] });
    });
    return { text: piece, symbols, merges: applied, ids };
  }

  /** The tokens that the merging of a piece starts from. */
  #symbols(piece: string): number[] {
    const { spell, wholePieces, symbols } = this.#parts;
    const spelled = spell(piece);
    const whole = wholePieces?.get(spelled);
    return whole === undefined ? symbols(spelled) : [whole];
  }
}
