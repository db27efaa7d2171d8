/** Short-lived memory: allocation moves a mark forward, and release moves it back. */
import type { Memory } from "./memory.ts";

const SLAB_BYTES = 16 << 20;

/** A block of memory that is handed out from its beginning on. */
interface Slab {
  readonly address: number;
  readonly length: number;
  used: number;
}

/** A state that `release` returns to. */
export interface Mark {
  readonly slab: number;
  readonly used: number;
}

export class Scratch {
  readonly #memory: Memory;
  readonly #slabs: Slab[] = [];
  #current = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  allocate(bytes: number): number {
    const length = Math.ceil(bytes / 64) * 64;
    for (let i = this.#current; ; i++) {
      const slab = this.#slabs[i] ?? this.#grow(length);
      if (slab.used + length > slab.length) continue;
      const address = slab.address + slab.used;
      slab.used += length;
      this.#current = i;
      return address;
    }
  }

  mark(): Mark {
    return { slab: this.#current, used: this.#slabs[this.#current]?.used ?? 0 };
  }

  /** Releases everything allocated since the mark. */
  release(mark: Mark): void {
    for (let i = mark.slab; i <= this.#current; i++) {
      const slab = this.#slabs[i];
      if (slab) slab.used = i === mark.slab ? mark.used : 0;
    }
    this.#current = mark.slab;
  }

  /** Gives all memory back; nothing may be allocated. */
  free(): void {
    for (const { address } of this.#slabs.splice(0)) this.#memory.free(address);
    this.#current = 0;
  }

  #grow(length: number): Slab {
    const bytes = Math.max(SLAB_BYTES, length);
    const slab = { address: this.#memory.allocate(bytes), length: bytes, used: 0 };
    this.#slabs.push(slab);
    return slab;
  }
}
