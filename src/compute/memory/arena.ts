/** Blocks of memory with one owner. */
import type { Memory } from "./memory.ts";

/** The blocks of one owner - a model, a session -, freed together. */
export class Arena {
  readonly memory: Memory;
  readonly #blocks = new Set<number>();

  constructor(memory: Memory) {
    this.memory = memory;
  }

  allocate(bytes: number): number {
    const address = this.memory.allocate(bytes);
    this.#blocks.add(address);
    return address;
  }

  free(address: number): void {
    this.#blocks.delete(address);
    this.memory.free(address);
  }

  freeAll(): void {
    for (const address of this.#blocks) this.memory.free(address);
    this.#blocks.clear();
  }
}
