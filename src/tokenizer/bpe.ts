/**
 * Byte-pair encoding (Sennrich et al. 2016): a piece of text starts as single characters, and the neighbouring pair
 * with the lowest rank, leftmost among equals, is replaced by the token it makes until no pair is a known merge.
 */

import type { AppliedMerge, ExplainedPiece } from "./explanation.ts";
import { MinHeap } from "./heap.ts";
import type { Merges } from "./merges.ts";
import type { Symbols } from "./symbols.ts";

/** Pieces that are looked up instead of merged again: text repeats its words. */
const CACHED_PIECES = 65_536;
const CACHED_LENGTH = 64;

export interface BpeParts {
  /** How the vocabulary spells a piece. */
  readonly spell: (piece: string) => string;
  /** The tokens a spelled piece starts from. */
  readonly symbols: Symbols;
  readonly merges: Merges;
  /** Where a spelled piece that is itself a token is not taken apart (`ignore_merges`): the tokens. */
  readonly wholePieces?: ReadonlyMap<string, number> | undefined;
}

export class Bpe {
  readonly #parts: BpeParts;
  readonly #cache = new Map<string, readonly number[]>();

  constructor(parts: BpeParts) {
    this.#parts = parts;
  }

  /** Appends the ids of a piece. */
  encode(piece: string, ids: number[]): void {
    let tokens = this.#cache.get(piece);
    if (tokens === undefined) {
      tokens = merge(this.#symbols(piece), this.#parts.merges);
      if (piece.length <= CACHED_LENGTH) this.#remember(piece, tokens);
    }
    for (const id of tokens) ids.push(id);
  }

  /** Encodes a piece and keeps every step. */
  explain(piece: string): ExplainedPiece {
    const { merges } = this.#parts;
    const symbols = this.#symbols(piece);
    const applied: AppliedMerge[] = [];
    const ids = merge([...symbols], merges, (at, left, right, slot) => {
      const rank = merges.ranks[slot] as number;
      const result = merges.results[slot] as number;
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

  #remember(piece: string, tokens: readonly number[]): void {
    if (this.#cache.size >= CACHED_PIECES) this.#cache.clear();
    this.#cache.set(piece, tokens);
  }
}

/** Told of each merge before it is made: the place and the ids of the two tokens, and the slot in the table. */
export type MergeObserver = (place: number, left: number, right: number, slot: number) => void;

/** A queued pair is one number, ordered by rank and then by place: `rank * PLACES + place`. Exact below 2^53. */
const PLACES = 2 ** 32;

/**
 * Merges `symbols` in place, in O(n log n): a linked list of the symbols left, and a queue of the pairs among them.
 * A queued pair is stale if by now another pair, or none, begins at its place.
 */
export function merge(symbols: number[], merges: Merges, observe?: MergeObserver): number[] {
  const { ranks, results } = merges;
  const count = symbols.length;
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  /** Of the symbol at a place: the merge with its right neighbour, -1 for none. */
  const pairs = new Int32Array(count);
  const queue = new MinHeap();

  const pair = (place: number): void => {
    const right = next[place] as number;
    const found = right < count ? merges.find(symbols[place] as number, symbols[right] as number) : -1;
    pairs[place] = found;
    if (found >= 0) queue.push((ranks[found] as number) * PLACES + place);
  };

  for (let place = 0; place < count; place++) {
    next[place] = place + 1;
    previous[place] = place - 1;
    pair(place);
  }
  for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
    const left = top >>> 0;
    const found = pairs[left] as number;
    if (found < 0 || ranks[found] !== (top - left) / PLACES) continue;
    const right = next[left] as number;
    const after = next[right] as number;
    observe?.(left, symbols[left] as number, symbols[right] as number, found);
    symbols[left] = results[found] as number;
    pairs[right] = -1;
    next[left] = after;
    if (after < count) previous[after] = left;
    pair(left);
    if (left > 0) pair(previous[left] as number);
  }

  let kept = 0;
  for (let place = 0; place < count; place = next[place] as number) {
    symbols[kept++] = symbols[place] as number;
  }
  symbols.length = kept;
  return symbols;
}
