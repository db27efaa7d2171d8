/**
 * Blocks of 32 positions of a sequence, with the keys and values of some layers. Several sequences may hold a
 * block; one writes only into blocks that it holds alone.
 */
import { BLOCK_POSITIONS } from "../kernels/table.ts";
import { KEPT_BEHIND, type LayerClass } from "./kv-shape.ts";
import type { Memory } from "./memory.ts";

export interface Block {
  readonly address: number;
  holders: number;
}

export class BlockList {
  /** Address of the table of block addresses, u32 each. Those of forgotten blocks are of no meaning. */
  readonly table: number;
  readonly #memory: Memory;
  readonly #bytes: number;
  readonly #past: number;
  readonly #capacity: number;
  readonly #blocks: Block[] = [];
  /** Number of the blocks at the beginning that it has forgotten: no row sees them any more. */
  #forgotten = 0;

  /** @param capacity the most positions */
  constructor(memory: Memory, { past, blockBytes }: LayerClass, capacity: number) {
    this.#memory = memory;
    this.#bytes = blockBytes;
    this.#past = past;
    this.#capacity = capacity;
    this.table = memory.allocate(Math.ceil(capacity / BLOCK_POSITIONS) * 4);
  }

  fork(): BlockList {
    const fork = new BlockList(this.#memory, { past: this.#past, blockBytes: this.#bytes }, this.#capacity);
    for (const [i, block] of this.#blocks.entries()) {
      if (i >= this.#forgotten) block.holders++;
      fork.#place(i, block);
    }
    fork.#forgotten = this.#forgotten;
    return fork;
  }

  /**
   * Allocates what growth from `from` to `to` positions needs: first a block in the place of a shared one
   * that it writes into.
   *
   * @param taken gets the blocks. After an error it has the blocks that were allocated before
   * @throws GptError `resource` if memory is full
   */
  allocate(from: number, to: number, taken: Block[]): void {
    const count =
      Math.ceil(to / BLOCK_POSITIONS) - this.#blocks.length + (this.#copiesLast(from, to) ? 1 : 0);
    for (let i = 0; i < count; i++) {
      taken.push({ address: this.#memory.allocate(this.#bytes), holders: 1 });
    }
  }

  /**
   * Takes the blocks of `allocate` from the beginning of `taken`. A new block that is not filled at once holds
   * zeros: attention multiplies whole blocks, and other work's subnormal numbers or NaN took up to three
   * times as long.
   */
  grow(from: number, to: number, taken: Block[]): void {
    if (this.#copiesLast(from, to)) this.#replaceLast(taken.shift() as Block);
    while (this.#blocks.length * BLOCK_POSITIONS < to) {
      const block = taken.shift() as Block;
      this.#place(this.#blocks.length, block);
      if (this.#blocks.length * BLOCK_POSITIONS > to) {
        this.#memory.bytes(block.address, this.#bytes).fill(0);
      }
    }
  }

  /** Number of the first positions, at most `length`, from which the sequence can go on: `length`, or 0. */
  latest(length: number): number {
    const first = Math.floor(Math.max(0, length - this.#past) / BLOCK_POSITIONS);
    return first >= this.#forgotten ? length : 0;
  }

  /** Frees the blocks behind `length` positions. */
  truncate(length: number): void {
    const kept = Math.ceil(length / BLOCK_POSITIONS);
    while (this.#blocks.length > kept) {
      const block = this.#blocks.pop() as Block;
      if (this.#blocks.length >= this.#forgotten) this.release(block);
    }
    this.#forgotten = Math.min(this.#forgotten, kept);
  }

  /** Frees the blocks before all that a row at `length` or a little before it sees. */
  forget(length: number): void {
    const unseen = Math.floor((length - this.#past - KEPT_BEHIND) / BLOCK_POSITIONS);
    for (; this.#forgotten < unseen; this.#forgotten++) this.release(this.#blocks[this.#forgotten] as Block);
  }

  /** Gives up a block; the last holder frees it. */
  release(block: Block): void {
    block.holders--;
    if (block.holders === 0) this.#memory.free(block.address);
  }

  free(): void {
    this.truncate(0);
    this.#memory.free(this.table);
  }

  /** Whether growth writes into a block that other sequences hold too. */
  #copiesLast(from: number, to: number): boolean {
    return to > from && from % BLOCK_POSITIONS > 0 && (this.#blocks.at(-1)?.holders ?? 1) > 1;
  }

  /** Puts a copy in the place of the last block. */
  #replaceLast(own: Block): void {
    const last = this.#blocks.length - 1;
    const shared = this.#blocks[last] as Block;
    const bytes = this.#bytes;
    this.#memory.bytes(own.address, bytes).set(this.#memory.bytes(shared.address, bytes));
    this.release(shared);
    this.#place(last, own);
  }

  #place(index: number, block: Block): void {
    this.#blocks[index] = block;
    this.#memory.u32(this.table, index + 1)[index] = block.address;
  }
}
