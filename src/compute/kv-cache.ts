/**
 * Keys and values of one sequence, in blocks of 32 positions that are allocated as the sequence grows. The layout inside a
 * block is assembly/attention.ts's.
 */
import type { Memory } from "./memory.ts";
import { Region } from "./memory.ts";

/** As in assembly/attention.ts. */
export const BLOCK_POSITIONS = 32;

/** Positions of all blocks that so many positions take. */
export const wholeBlocks = (positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * BLOCK_POSITIONS;

/** What a layer stores for each position. */
export interface KvHeads {
  readonly nKvHead: number;
  readonly headDim: number;
}

export interface KvShape extends KvHeads {
  readonly nLayer: number;
}

/** Bytes of one layer in a block: keys [kvHeads][D][32], values [kvHeads][32][D rounded up to 4]. */
export function layerBytes({ nKvHead, headDim }: KvHeads): number {
  const valueDim = Math.ceil(headDim / 4) * 4;
  return nKvHead * BLOCK_POSITIONS * (headDim + valueDim) * 4;
}

/** Bytes that a cache of so many positions takes. */
export const kvCacheBytes = (shape: KvShape, positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * shape.nLayer * layerBytes(shape);

export class KvCache {
  readonly shape: KvShape;
  /** The most positions it can hold. */
  readonly capacity: number;
  /** Address of the table of block addresses, u32 each. */
  readonly table: number;
  readonly #region: Region;
  readonly #blocks: number[] = [];
  #length = 0;

  constructor(memory: Memory, shape: KvShape, capacity: number) {
    this.shape = shape;
    this.capacity = capacity;
    this.#region = new Region(memory);
    this.table = this.#region.allocate(Math.ceil(capacity / BLOCK_POSITIONS) * 4);
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for positions up to `length`, which then count as held. */
  grow(length: number): void {
    const { memory } = this.#region;
    const bytes = this.shape.nLayer * layerBytes(this.shape);
    while (this.#blocks.length * BLOCK_POSITIONS < length) {
      const block = this.#region.allocate(bytes);
      memory.u32(this.table, this.#blocks.length + 1)[this.#blocks.length] = block;
      this.#blocks.push(block);
    }
    this.#length = length;
  }

  /** Forgets the positions from `length` on and frees the blocks they alone used. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
    for (const block of this.#blocks.splice(Math.ceil(this.#length / BLOCK_POSITIONS)))
      this.#region.free(block);
  }

  free(): void {
    this.#region.freeAll();
    this.#blocks.length = 0;
    this.#length = 0;
  }
}
