/**
 * Keys and values of one sequence, in blocks of 32 positions that are allocated as the sequence grows (Kwon et al. 2023,
 * "Efficient Memory Management for Large Language Model Serving with PagedAttention"). Forks share blocks until one of
 * them writes. The layout inside a block is assembly/attention/kv-layout.ts's.
 */
import { BLOCK_POSITIONS, INT8_HEAD_DIM_MOST, INT8_HEAD_DIM_STEP } from "../kernels/table.ts";
import type { Memory } from "./memory.ts";

/** Positions of all blocks that so many positions take. */
export const wholeBlocks = (positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * BLOCK_POSITIONS;

/** How keys and values are kept: as they are, or as integers of 8 bits with a scale for each head and position. */
export const KV_DTYPES = ["f32", "int8"] as const;
export type KvDtype = (typeof KV_DTYPES)[number];

/** Dimensions of a head that can be kept as int8: a multiple of the first, at most the second. */
export const INT8_HEAD_DIM = [INT8_HEAD_DIM_STEP, INT8_HEAD_DIM_MOST] as const;

/** What a layer stores for each position. */
export interface KvHeads {
  readonly nKvHead: number;
  readonly headDim: number;
}

export interface KvLayer extends KvHeads {
  /** Default f32. */
  readonly dtype?: KvDtype;
}

export interface KvShape {
  /** One entry per layer. */
  readonly layers: readonly KvHeads[];
  /** Default f32. */
  readonly dtype?: KvDtype;
}

/** Bytes of one layer in a block. */
export function layerBytes({ nKvHead, headDim, dtype = "f32" }: KvLayer): number {
  if (dtype === "int8") return nKvHead * BLOCK_POSITIONS * 2 * (headDim + 4);
  const valueDim = Math.ceil(headDim / 4) * 4;
  return nKvHead * BLOCK_POSITIONS * (headDim + valueDim) * 4;
}

/** Bytes from the start of a block to each of its layers, and last the bytes of the block. */
function layerOffsets({ layers, dtype = "f32" }: KvShape): readonly number[] {
  const offsets = [0];
  let end = 0;
  for (const { nKvHead, headDim } of layers) {
    end += layerBytes({ nKvHead, headDim, dtype });
    offsets.push(end);
  }
  return offsets;
}

/** Bytes that a cache of so many positions takes. */
export const kvCacheBytes = (shape: KvShape, positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * (layerOffsets(shape).at(-1) ?? 0);

/** Some caches hold it; one that holds it alone may write into it. */
interface Block {
  readonly address: number;
  holders: number;
}

export class KvCache {
  readonly shape: KvShape;
  /** Bytes from the start of a block to each of its layers, and last the bytes of the block. */
  readonly layerOffsets: readonly number[];
  /** The most positions it can hold. */
  readonly capacity: number;
  /** Address of the table of block addresses, u32 each. */
  readonly table: number;
  readonly #memory: Memory;
  readonly #blocks: Block[] = [];
  #length = 0;

  constructor(memory: Memory, shape: KvShape, capacity: number) {
    this.shape = shape;
    this.layerOffsets = layerOffsets(shape);
    this.capacity = capacity;
    this.#memory = memory;
    this.table = memory.allocate(Math.ceil(capacity / BLOCK_POSITIONS) * 4);
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  /** A cache that holds the same positions. It takes memory of its own for blocks that either of the two writes into. */
  fork(): KvCache {
    const fork = new KvCache(this.#memory, this.shape, this.capacity);
    for (const block of this.#blocks) {
      block.holders++;
      fork.#place(fork.#blocks.length, block);
    }
    fork.#length = this.#length;
    return fork;
  }

  /** Makes room for positions up to `length`, which then count as held and may be written. */
  grow(length: number): void {
    if (length > this.#length && this.#length % BLOCK_POSITIONS > 0) this.#ownLast();
    while (this.#blocks.length * BLOCK_POSITIONS < length) this.#place(this.#blocks.length, this.#allocate());
    this.#length = length;
  }

  /** Forgets the positions from `length` on and frees the blocks that nothing else uses. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
    for (const block of this.#blocks.splice(Math.ceil(this.#length / BLOCK_POSITIONS))) this.#release(block);
  }

  /** Gives all memory back: the cache is of no use any more. */
  free(): void {
    this.truncate(0);
    this.#memory.free(this.table);
  }

  /** Copies the last block where other caches hold it too. */
  #ownLast(): void {
    const last = this.#blocks.length - 1;
    const shared = this.#blocks[last];
    if (shared === undefined || shared.holders === 1) return;
    const own = this.#allocate();
    const bytes = this.#blockBytes;
    this.#memory.bytes(own.address, bytes).set(this.#memory.bytes(shared.address, bytes));
    this.#release(shared);
    this.#place(last, own);
  }

  get #blockBytes(): number {
    return this.layerOffsets.at(-1) ?? 0;
  }

  #allocate(): Block {
    return { address: this.#memory.allocate(this.#blockBytes), holders: 1 };
  }

  #place(index: number, block: Block): void {
    this.#blocks[index] = block;
    this.#memory.u32(this.table, index + 1)[index] = block.address;
  }

  #release(block: Block): void {
    block.holders--;
    if (block.holders === 0) this.#memory.free(block.address);
  }
}
