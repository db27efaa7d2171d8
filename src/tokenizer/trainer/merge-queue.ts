/** The pairs that may merge next: the most frequent first, among equals the one of the lowest symbols. */

import { MinHeap } from "../bpe/heap.ts";
import type { Pair } from "./words.ts";

export interface Candidate {
  readonly pair: Pair;
  /** How often it occurred when it was queued. */
  readonly count: number;
  /** The words it was seen in. */
  readonly words: readonly number[];
}

export class MergeQueue {
  /** The counts of queued pairs, negated: the largest count comes first. */
  readonly #counts = new MinHeap();
  readonly #byCount = new Map<number, { readonly pairs: MinHeap; readonly words: Map<Pair, number[]> }>();

  push({ pair, count, words }: Candidate): void {
    let equals = this.#byCount.get(count);
    if (equals === undefined) {
      equals = { pairs: new MinHeap(), words: new Map() };
      this.#byCount.set(count, equals);
      this.#counts.push(-count);
    }
    const queued = equals.words.get(pair);
    if (queued === undefined) {
      equals.pairs.push(pair);
      equals.words.set(pair, [...words]);
    } else {
      for (const word of words) queued.push(word);
    }
  }

  /** Undefined for an empty queue. */
  pop(): Candidate | undefined {
    const least = this.#counts.smallest;
    if (least === undefined) return undefined;
    const count = -least;
    const equals = this.#byCount.get(count);
    const pair = equals?.pairs.pop();
    if (equals === undefined || pair === undefined) {
      this.#counts.pop();
      this.#byCount.delete(count);
      return this.pop();
    }
    const words = equals.words.get(pair) ?? [];
    equals.words.delete(pair);
    return { pair, count, words };
  }
}
