/** Short-lived memory: allocation moves a mark forward, release moves it back. */
import type { Memory } from "./memory.ts";

const CHUNK = 16 << 20;

interface Chunk {
  readonly address: number;
  readonly length: number;
  used: number;
}

/** A state to return to. */
export interface Mark {
  readonly chunk: number;
  readonly used: number;
}

export class Scratch {
  readonly #memory: Memory;
  readonly #chunks: Chunk[] = [];
  #current = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  allocate(bytes: number): number {
    const length = Math.ceil(bytes / 64) * 64;
    for (; ; this.#current++) {
      const chunk = this.#chunks[this.#current] ?? this.#grow(length);
      if (chunk.used + length > chunk.length) continue;
      const address = chunk.address + chunk.used;
      chunk.used += length;
      return address;
    }
  }

  mark(): Mark {
    return { chunk: this.#current, used: this.#chunks[this.#current]?.used ?? 0 };
  }

  /** Releases everything allocated since the mark. */
  release(mark: Mark): void {
    for (let i = mark.chunk; i <= this.#current; i++) {
      const chunk = this.#chunks[i];
      if (chunk) chunk.used = i === mark.chunk ? mark.used : 0;
    }
    this.#current = mark.chunk;
  }

  /** Gives all memory back; nothing may be allocated. */
  free(): void {
    for (const { address } of this.#chunks.splice(0)) this.#memory.free(address);
    this.#current = 0;
  }

  #grow(length: number): Chunk {
    const bytes = Math.max(CHUNK, length);
    const chunk = { address: this.#memory.allocate(bytes), length: bytes, used: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}
