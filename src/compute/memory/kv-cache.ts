/**
 * Keys and values of one sequence, in blocks of 32 positions that are allocated as the sequence grows (Kwon
 * et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention"). Forks
 * share blocks until one of them writes. assembly/attention/kv-layout.ts describes the layout inside a block.
 */
import { BLOCK_POSITIONS } from "../kernels/table.ts";
import { FLOATS, type KvTypes, vectorBytes } from "./kv-types.ts";
import type { Memory } from "./memory.ts";
import { mostStates, StateHistory } from "./state-history.ts";

/** Positions rounded up to whole blocks. */
export const wholeBlocks = (positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * BLOCK_POSITIONS;

/** A recurrent layer keeps a state of this size instead of keys and values. */
export interface StateSize {
  readonly stateBytes: number;
}

/** Heads of which a layer stores keys and values. */
export interface KvHeads {
  /** 0: the layer stores nothing. */
  readonly nKvHead: number;
  readonly headDim: number;
  /** Dimensions of a value. Default: those of a key. */
  readonly valueDim?: number;
}

export interface KvLayer extends KvHeads {
  /** Default f32. */
  readonly types?: KvTypes | undefined;
}

export interface KvShape {
  /** One entry per layer. */
  readonly layers: readonly (KvHeads | StateSize)[];
  /** Default f32. */
  readonly types?: KvTypes | undefined;
}

/** Bytes of one layer in a block. */
export function layerBytes({ nKvHead, headDim, valueDim = headDim, types = FLOATS }: KvLayer): number {
  const bytes = vectorBytes(headDim, types.keys) + vectorBytes(Math.ceil(valueDim / 4) * 4, types.values);
  return nKvHead * BLOCK_POSITIONS * bytes;
}

/**
 * Bytes to each layer: from the start of a block, or for a recurrent layer from the start of a state. Last
 * the bytes of a block.
 */
function layerOffsets({ layers, types }: KvShape): readonly number[] {
  const offsets: number[] = [];
  let [block, state] = [0, 0];
  for (const layer of layers) {
    if ("stateBytes" in layer) {
      offsets.push(state);
      state += layer.stateBytes;
    } else {
      offsets.push(block);
      block += layerBytes({ ...layer, types });
    }
  }
  return [...offsets, block];
}

/** Bytes of the keys and values of a block of positions. */
export const kvBlockBytes = (shape: KvShape): number => layerOffsets(shape).at(-1) ?? 0;

/** Bytes of a state of all recurrent layers. */
export const stateBytes = ({ layers }: KvShape): number =>
  layers.reduce((sum, layer) => sum + ("stateBytes" in layer ? layer.stateBytes : 0), 0);

/** The most bytes of a cache that holds `positions` positions. */
export const kvCacheBytes = (shape: KvShape, positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * kvBlockBytes(shape) + mostStates(positions) * stateBytes(shape);

/** Several caches may hold a block. A cache writes only into blocks that it holds alone. */
interface Block {
  readonly address: number;
  holders: number;
}

const NO_STATES: readonly number[] = [];

export class KvCache {
  readonly shape: KvShape;
  /**
   * Bytes to each layer: from the start of a block, or for a recurrent layer from the start of a state. Last
   * the bytes of a block.
   */
  readonly layerOffsets: readonly number[];
  /** The most positions it can hold. */
  readonly capacity: number;
  /** Address of the table of block addresses, u32 each. */
  readonly table: number;
  readonly #memory: Memory;
  /** Of the recurrent layers, if the model has any. */
  #states: StateHistory | undefined;
  readonly #blocks: Block[] = [];
  #length = 0;

  constructor(memory: Memory, shape: KvShape, capacity: number) {
    this.shape = shape;
    this.layerOffsets = layerOffsets(shape);
    this.capacity = capacity;
    this.#memory = memory;
    const bytes = stateBytes(shape);
    this.#states = bytes > 0 ? new StateHistory(memory, bytes) : undefined;
    this.table = memory.allocate(Math.ceil(capacity / BLOCK_POSITIONS) * 4);
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
    const fork = new KvCache(this.#memory, this.shape, this.capacity);
    for (const block of this.#blocks) {
      block.holders++;
      fork.#place(fork.#blocks.length, block);
    }
    fork.#length = this.#length;
    fork.#states = this.#states?.fork();
    return fork;
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
    const copies = this.#copiesLast(length) ? 1 : 0;
    const missing = Math.ceil(length / BLOCK_POSITIONS) - this.#blocks.length;
    if (copies + missing > 0) {
      const blocks = this.#allocate(copies + Math.max(missing, 0));
      this.#extendStates(length, blocks);
      if (copies > 0) this.#replaceLast(blocks.shift() as Block);
      for (const block of blocks) this.#place(this.#blocks.length, block);
    } else this.#extendStates(length, []);
    this.#length = length;
  }

  /**
   * Forgets the positions from `length` on and frees the blocks that no other cache holds. With recurrent
   * layers it forgets the positions after the last state that it has of these: `length` is smaller then.
   */
  truncate(length: number): void {
    this.#states?.truncate(length);
    this.#length = Math.min(this.#length, length, this.#states?.position ?? length);
    for (const block of this.#blocks.splice(Math.ceil(this.#length / BLOCK_POSITIONS))) this.#release(block);
  }

  /** Gives all memory back. The cache must not be used any more. */
  free(): void {
    this.truncate(0);
    this.#memory.free(this.table);
  }

  /** Whether growth writes into a block that other caches hold too. */
  #copiesLast(length: number): boolean {
    const isPartial = length > this.#length && this.#length % BLOCK_POSITIONS > 0;
    return isPartial && (this.#blocks.at(-1)?.holders ?? 1) > 1;
  }

  /** Puts a copy in the place of the last block. */
  #replaceLast(own: Block): void {
    const last = this.#blocks.length - 1;
    const shared = this.#blocks[last] as Block;
    const bytes = this.#blockBytes;
    this.#memory.bytes(own.address, bytes).set(this.#memory.bytes(shared.address, bytes));
    this.#release(shared);
    this.#place(last, own);
  }

  get #blockBytes(): number {
    return this.layerOffsets.at(-1) ?? 0;
  }

  /** @param blocks released if there is no memory for the state */
  #extendStates(length: number, blocks: readonly Block[]): void {
    try {
      this.#states?.extend(length);
    } catch (error) {
      for (const block of blocks) this.#release(block);
      throw error;
    }
  }

  /** All of these blocks, or none. */
  #allocate(count: number): Block[] {
    const blocks: Block[] = [];
    try {
      while (blocks.length < count) {
        blocks.push({ address: this.#memory.allocate(this.#blockBytes), holders: 1 });
      }
    } catch (error) {
      for (const block of blocks) this.#release(block);
      throw error;
    }
    return blocks;
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
