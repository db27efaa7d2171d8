/**
 * Keys and values of one sequence, in blocks of 32 positions that are allocated as the sequence grows (Kwon
 * et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention"). Forks
 * share blocks until one of them writes. Layers with a window have blocks of their own, which go when no row
 * sees them any more. assembly/attention/kv-layout.ts describes the layout inside a block.
 */
import { type Block, BlockList } from "./block-list.ts";
import { type KvPlaces, type KvShape, kvPlaces } from "./kv-shape.ts";
import type { Memory } from "./memory.ts";
import { StateHistory } from "./state-history.ts";

const NO_STATES: readonly number[] = [];

export class KvCache {
  readonly shape: KvShape;
  readonly places: KvPlaces;
  /** The most positions it can hold. */
  readonly capacity: number;
  /** Address of the table of block addresses, u32 each, of each class of layers. */
  readonly tables: readonly number[];
  readonly #memory: Memory;
  /** One for each class of layers. */
  readonly #lists: readonly BlockList[];
  /** Of the recurrent layers, if the model has any. */
  readonly #states: StateHistory | undefined;
  #length = 0;

  /** @param source the cache to fork */
  constructor(memory: Memory, shape: KvShape, capacity: number, source?: KvCache) {
    this.shape = shape;
    this.places = source?.places ?? kvPlaces(shape);
    this.capacity = capacity;
    this.#memory = memory;
    const { classes, stateBytes } = this.places;
    this.#lists = source
      ? allOrNone(source.#lists, (list) => list.fork())
      : allOrNone(classes, (own) => new BlockList(memory, own, capacity));
    this.tables = this.#lists.map(({ table }) => table);
    this.#length = source?.length ?? 0;
    const states = source ? source.#states?.fork() : undefined;
    if (stateBytes > 0) this.#states = states ?? new StateHistory(memory, stateBytes);
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  /**
   * A cache that holds the same positions. Both share their blocks; a block is copied before either of the
   * two writes into it.
   */
  fork(): KvCache {
    return new KvCache(this.#memory, this.shape, this.capacity, this);
  }

  /**
   * Addresses of the states before and after the positions of the last growth; the state of zeros is at 0.
   * Empty without recurrent layers.
   */
  get states(): readonly number[] {
    return this.#states?.addresses ?? NO_STATES;
  }

  /**
   * Makes room for positions up to `length`, which then count as held and may be written. It fails as a whole
   * or not at all.
   */
  grow(length: number): void {
    const blocks: Block[] = [];
    try {
      for (const list of this.#lists) list.allocate(this.#length, length, blocks);
      this.#states?.extend(length);
    } catch (error) {
      for (const { address } of blocks) this.#memory.free(address);
      throw error;
    }
    for (const list of this.#lists) list.grow(this.#length, length, blocks);
    this.#length = length;
  }

  /** Frees the keys and values that no further row sees, but for those a little before these. */
  forgetUnseen(): void {
    for (const list of this.#lists) list.forget(this.#length);
  }

  /**
   * Forgets the positions from `length` on and frees the blocks that no other cache holds. It forgets more if
   * it cannot go on from there, because a window or the state of a recurrent layer is gone: `length` is
   * smaller then.
   */
  truncate(length: number): void {
    let most = Math.min(this.#length, length);
    for (let wanted = -1; wanted !== most; ) {
      wanted = most;
      this.#states?.truncate(most);
      most = this.#states?.position ?? most;
      for (const list of this.#lists) most = list.latest(most);
    }
    this.#length = most;
    for (const list of this.#lists) list.truncate(most);
  }

  /** Gives all memory back. The cache must not be used any more. */
  free(): void {
    this.truncate(0);
    for (const list of this.#lists) list.free();
  }
}

/** An error frees the lists that were made before it. */
function allOrNone<T>(sources: readonly T[], make: (source: T) => BlockList): BlockList[] {
  const lists: BlockList[] = [];
  try {
    for (const source of sources) lists.push(make(source));
  } catch (error) {
    for (const list of lists) list.free();
    throw error;
  }
  return lists;
}
