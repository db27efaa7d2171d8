/**
 * A SentencePiece model whose pieces have the ids of a second vocabulary, vocab.json beside it (Marian,
 * M2M100). The model cuts the text with all of its pieces; a piece that the vocabulary lacks is unknown.
 */

import type { BpeDescription } from "../bpe/bpe.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import type { ExplainedPiece } from "../explanation.ts";
import type { PieceModel } from "../model.ts";
import type { UnigramDescription } from "../unigram/unigram.ts";

export interface LookupDescription {
  readonly type: "Lookup";
  /** Cuts the text. Its ids are places in `pieces`. */
  readonly cutter: BpeDescription | UnigramDescription;
  readonly pieces: Vocabulary;
  /** The id of pieces that the vocabulary lacks. */
  readonly unknown: number;
}

export class Lookup implements PieceModel {
  readonly #cutter: PieceModel;
  readonly #ids: Int32Array;

  /** @param ids the id of each piece */
  constructor(cutter: PieceModel, ids: Int32Array) {
    this.#cutter = cutter;
    this.#ids = ids;
  }

  encode(text: string, start: number, end: number, ids: number[]): void {
    const first = ids.length;
    this.#cutter.encode(text, start, end, ids);
    for (let i = first; i < ids.length; i++) ids[i] = this.#idOf(ids[i] as number);
  }

  explain(piece: string): ExplainedPiece {
    const explained = this.#cutter.explain(piece);
    const idOf = (id: number) => this.#idOf(id);
    return {
      text: piece,
      symbols: explained.symbols.map(idOf),
      merges: explained.merges.map((merge) => ({
        ...merge,
        left: idOf(merge.left),
        right: idOf(merge.right),
        result: idOf(merge.result),
      })),
      ids: explained.ids.map(idOf),
    };
  }

  #idOf(piece: number): number {
    return this.#ids[piece] as number;
  }
}
