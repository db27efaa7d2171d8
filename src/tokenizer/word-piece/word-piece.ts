/**
 * The WordPiece model (Schuster and Nakajima 2012; Devlin et al. 2018): from the left, the longest token that
 * fits; the tokens within a word begin with a prefix, `##`.
 */

import { PieceCache } from "../bpe/piece-cache.ts";
import type { ExplainedPiece } from "../explanation.ts";
import type { PieceModel } from "../model.ts";

/** A WordPiece model as files describe it. */
export interface WordPieceDescription {
  readonly type: "WordPiece";
  /** The token of a whole word that cannot be put together of tokens. */
  readonly unknown: number;
  /** `##`: what a token begins with if it does not begin a word. */
  readonly prefix: string;
  /** A longer word is unknown. */
  readonly maxCharacters: number;
}

export class WordPiece implements PieceModel {
  readonly #description: WordPieceDescription;
  readonly #starts = new Map<string, number>();
  readonly #continuations = new Map<string, number>();
  readonly #longest: number;
  readonly #cache = new PieceCache();

  /** @param ids the tokens that text may become */
  constructor(description: WordPieceDescription, ids: ReadonlyMap<string, number>) {
    this.#description = description;
    const { prefix } = description;
    let longest = 0;
    for (const [token, id] of ids) {
      longest = Math.max(longest, token.length);
      this.#starts.set(token, id);
      if (token.startsWith(prefix)) this.#continuations.set(token.slice(prefix.length), id);
    }
    this.#longest = longest;
  }

  encode(text: string, start: number, end: number, ids: number[]): void {
    if (this.#cache.recall(text, start, end, ids)) return;
    const word = text.slice(start, end);
    const tokens = this.#tokens(word);
    for (const id of tokens) ids.push(id);
    this.#cache.remember(word, tokens);
  }

  explain(piece: string): ExplainedPiece {
    const ids = this.#tokens(piece);
    return { text: piece, symbols: ids, merges: [], ids };
  }

  #tokens(word: string): number[] {
    const { unknown, maxCharacters } = this.#description;
    if (isLonger(word, maxCharacters)) return [unknown];
    const tokens: number[] = [];
    for (let start = 0; start < word.length; ) {
      const tokenIds = start === 0 ? this.#starts : this.#continuations;
      let end = Math.min(word.length, start + this.#longest);
      let id = tokenIds.get(word.slice(start, end));
      while (id === undefined && --end > start) id = tokenIds.get(word.slice(start, end));
      if (id === undefined) return [unknown];
      tokens.push(id);
      start = end;
    }
    return tokens;
  }
}

/** Whether a text has more than `most` characters. A character has one or two UTF-16 units. */
const isLonger = (text: string, most: number): boolean =>
  text.length > most && (text.length > 2 * most || [...text].length > most);
