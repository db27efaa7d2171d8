/**
 * Byte-pair encoding (Sennrich et al. 2016): the neighbouring pair of symbols with the lowest rank, leftmost
 * among equals, is replaced by the token it makes until no pair is a known merge.
 */

import { MinHeap } from "./heap.ts";
import type { Merges } from "./merges.ts";

/**
 * Hears of each merge before it is made: the place and the ids of the two tokens, and the slot in the table.
 */
export type MergeObserver = (place: number, left: number, right: number, slot: number) => void;

/**
 * A queued pair is one number, ordered by rank and then by place: `rank * PLACES + place`. Exact below 2^53.
 */
const PLACES = 2 ** 32;

/** A linked list of the symbols that are left. */
class Links {
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** For each place: the merge of its symbol with the right neighbour, -1 for none. */
  readonly pairs: Int32Array;

  constructor(count: number) {
    this.next = new Int32Array(count);
    this.previous = new Int32Array(count);
    this.pairs = new Int32Array(count);
  }
}

/**
 * Pieces of at most this many symbols share their links: to make links takes longer than to merge most words.
 */
const SHARED = 256;

export class Merger {
  readonly #merges: Merges;
  readonly #shared = new Links(SHARED);
  readonly #queue = new MinHeap();

  constructor(merges: Merges) {
    this.#merges = merges;
  }

  /**
   * Merges `symbols` in place, in O(n log n): with a queue of the pairs that are left. A queued pair is stale
   * if by now another pair, or none, begins at its place.
   */
  merge(symbols: number[], observe?: MergeObserver): number[] {
    const merges = this.#merges;
    const queue = this.#queue;
    const count = symbols.length;
    const links = count <= SHARED ? this.#shared : new Links(count);
    const { next, previous, pairs } = links;

    for (let place = 0; place < count; place++) {
      next[place] = place + 1;
      previous[place] = place - 1;
      this.#pair(symbols, links, place);
    }
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const left = top >>> 0;
      const found = pairs[left] as number;
      if (found < 0 || merges.rank(found) !== (top - left) / PLACES) continue;
      const right = next[left] as number;
      const after = next[right] as number;
      observe?.(left, symbols[left] as number, symbols[right] as number, found);
      symbols[left] = merges.result(found);
      pairs[right] = -1;
      next[left] = after;
      if (after < count) previous[after] = left;
      this.#pair(symbols, links, left);
      if (left > 0) this.#pair(symbols, links, previous[left] as number);
    }

    let kept = 0;
    for (let place = 0; place < count; place = next[place] as number) {
      symbols[kept++] = symbols[place] as number;
    }
    symbols.length = kept;
    return symbols;
  }

  /** Queues the pair that begins at a place, if it merges. */
  #pair(symbols: readonly number[], { next, pairs }: Links, place: number): void {
    const right = next[place] as number;
    const found =
      right < symbols.length ? this.#merges.find(symbols[place] as number, symbols[right] as number) : -1;
    pairs[place] = found;
    if (found >= 0) this.#queue.push(this.#merges.rank(found) * PLACES + place);
  }
}
