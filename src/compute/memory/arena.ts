/** Blocks of memory that one owner, such as a model or a session, frees together. */
import type { Memory } from "./memory.ts";

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
