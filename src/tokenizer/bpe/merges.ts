/**
 * A pair of tokens and the token that it becomes. The lowest rank goes first. Ranks from scores may be equal.
 */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly rank: number;
  readonly result: number;
}

/**
 * The merges of a BPE model: which pairs of neighbouring tokens become one token, and which pair goes first.
 * An open-addressed hash table over pairs of ids, because encoding asks it for every pair it sees.
 */
export class Merges {
  /** The score of each rank, in vocabularies with scores instead of a list of merges. */
  readonly scores: readonly number[] | undefined;
  /** For each slot: the two tokens, -1 in a free slot; their rank, and the token that they become. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  #size = 0;

  /**
   * @param capacity a bound on the number of pairs
   * @param scores the score of each rank, if scores made the ranks
   */
  constructor(capacity: number, scores?: readonly number[]) {
    const numbers = 4 * 2 ** Math.ceil(Math.log2(2 * capacity + 2));
    this.#slots = new Int32Array(numbers).fill(-1);
    this.#mask = numbers - 1;
    this.scores = scores;
  }

  /** The number of pairs. */
  get size(): number {
    return this.#size;
  }

  /** A pair that is already there gets the new rank. */
  add(left: number, right: number, rank: number, result: number): void {
    const slot = this.#probe(left, right);
    if (this.#slots[slot] === -1) this.#size++;
    this.#slots[slot] = left;
    this.#slots[slot + 1] = right;
    this.#slots[slot + 2] = rank;
    this.#slots[slot + 3] = result;
  }

  /** The slot of a pair; -1 for a pair that does not merge. */
  find(left: number, right: number): number {
    const slot = this.#probe(left, right);
    return this.#slots[slot] === -1 ? -1 : slot;
  }

  /** The pair with the lowest rank is merged first. */
  rank(slot: number): number {
    return this.#slots[slot + 2] as number;
  }

  /** The token that the pair becomes. */
  result(slot: number): number {
    return this.#slots[slot + 3] as number;
  }

  /** All pairs and the token that each becomes, the lowest rank first. */
  list(): Merge[] {
    const slots = this.#slots;
    const taken: number[] = [];
    for (let slot = 0; slot < slots.length; slot += 4) if (slots[slot] !== -1) taken.push(slot);
    taken.sort((a, b) => this.rank(a) - this.rank(b));
    return taken.map((slot) => ({
      left: slots[slot] as number,
      right: slots[slot + 1] as number,
      rank: this.rank(slot),
      result: this.result(slot),
    }));
  }

  /** The slot that holds the pair, or the empty slot for it. */
  #probe(left: number, right: number): number {
    const slots = this.#slots;
    const hash = Math.imul(left, 0x9e3779b1) + Math.imul(right, 0x85ebca6b);
    let slot = ((hash ^ (hash >>> 15)) << 2) & this.#mask;
    while (slots[slot] !== -1 && (slots[slot] !== left || slots[slot + 1] !== right)) {
      slot = (slot + 4) & this.#mask;
    }
    return slot;
  }
}
