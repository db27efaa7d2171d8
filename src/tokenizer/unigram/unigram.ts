/**
 * The Unigram model (Kudo 2018): of all ways to put a text together of tokens, the one with the greatest sum
 * of scores, which are log probabilities. The Viterbi algorithm finds it from left to right.
 */

import { PieceCache } from "../bpe/piece-cache.ts";
import type { ExplainedPiece } from "../explanation.ts";
import type { PieceModel } from "../model.ts";
import { placeAfter } from "../pattern/search.ts";
import { PrefixIndex } from "./prefix-index.ts";

/** A Unigram model as files describe it. */
export interface UnigramDescription {
  readonly type: "Unigram";
  /** The score of each id. */
  readonly scores: readonly number[];
  /** The token of a run of characters that no token covers. Without one the run is left out. */
  readonly unknown: number | undefined;
  /** The tokens of the 256 bytes, for such characters. */
  readonly byteTokens: readonly (number | undefined)[];
  /** Tokens that text always becomes where they stand in it. */
  readonly userDefined: readonly number[];
  /** Tokens that only a whole run of characters becomes that no token covers, instead of `unknown`. */
  readonly runs?: ReadonlyMap<string, number>;
}

/** A character that no token covers costs this much more than the worst token. */
const UNKNOWN_PENALTY = 10;
/** A token that the user defines has the best score for each of its bytes, and loses ties. */
const USER_DEFINED_PENALTY = 0.1;

/** Marks a character that no token covers on the best way. */
const UNCOVERED = -1;

export class Unigram implements PieceModel {
  readonly #description: UnigramDescription;
  readonly #index: PrefixIndex;
  readonly #scores: Float64Array;
  readonly #unknownScore: number;
  readonly #cache = new PieceCache();

  /** @param ids the tokens that text may become */
  constructor(description: UnigramDescription, ids: ReadonlyMap<string, number>) {
    this.#description = description;
    this.#index = new PrefixIndex(ids);
    this.#scores = Float64Array.from(description.scores);
    const userDefined = new Set(description.userDefined);
    const scored = [...ids.values()].filter((id) => !userDefined.has(id));
    const least = scored.reduce((score, id) => Math.min(score, this.#scores[id] as number), 0);
    const most = scored.reduce((score, id) => Math.max(score, this.#scores[id] as number), least);
    for (const [text, id] of ids) {
      if (userDefined.has(id)) this.#scores[id] = Buffer.byteLength(text) * most - USER_DEFINED_PENALTY;
    }
    this.#unknownScore = least - UNKNOWN_PENALTY;
  }

  encode(text: string, start: number, end: number, ids: number[]): void {
    if (this.#cache.recall(text, start, end, ids)) return;
    const piece = text.slice(start, end);
    const tokens = this.#tokens(piece);
    for (const id of tokens) ids.push(id);
    this.#cache.remember(piece, tokens);
  }

  explain(piece: string): ExplainedPiece {
    const ids = this.#tokens(piece);
    return { text: piece, symbols: ids, merges: [], ids };
  }

  #tokens(piece: string): number[] {
    const { starts, ids } = this.#bestWay(piece);
    const { unknown, runs } = this.#description;
    const tokens: number[] = [];
    // From the end to the start, because each place knows the token that ends there.
    for (let end = piece.length, run = end; end > 0; end = starts[end] as number) {
      const start = starts[end] as number;
      if (ids[end] !== UNCOVERED) {
        tokens.push(ids[end] as number);
        run = start;
      } else if (start === 0 || ids[start] !== UNCOVERED) {
        const uncovered = piece.slice(start, run);
        const bytes = this.#bytes(uncovered);
        const token = runs?.get(uncovered) ?? unknown;
        if (bytes !== undefined) tokens.push(...bytes.reverse());
        else if (token !== undefined) tokens.push(token);
        run = start;
      }
    }
    return tokens.reverse();
  }

  /** For each place, the start and the id of the token that ends there on the best way to it. */
  #bestWay(piece: string): { starts: Int32Array; ids: Int32Array } {
    const { length } = piece;
    const scores = new Float64Array(length + 1);
    const starts = new Int32Array(length + 1).fill(-1);
    const ids = new Int32Array(length + 1).fill(UNCOVERED);
    let start = 0;
    let next = 0;
    let isCovered = false;
    const reach = (end: number, score: number, id: number): void => {
      if (starts[end] !== -1 && score <= (scores[end] as number)) return;
      scores[end] = score;
      starts[end] = start;
      ids[end] = id;
    };
    const take = (id: number, end: number): void => {
      if (end === next) isCovered = true;
      reach(end, (scores[start] as number) + (this.#scores[id] as number), id);
    };
    for (; start < length; start = next) {
      next = placeAfter(piece, start);
      isCovered = false;
      this.#index.each(piece, start, length, take);
      if (!isCovered) reach(next, (scores[start] as number) + this.#unknownScore, UNCOVERED);
    }
    return { starts, ids };
  }

  /** The byte tokens of a text; undefined if one is missing. */
  #bytes(text: string): number[] | undefined {
    const { byteTokens } = this.#description;
    const ids: number[] = [];
    for (const byte of Buffer.from(text)) {
      const id = byteTokens[byte];
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }
}
