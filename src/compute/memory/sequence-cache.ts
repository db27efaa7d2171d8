/**
 * What a model keeps of one sequence: a cache in each of its banks, for the layers there. All hold the same
 * positions.
 */
import { KvCache } from "./kv-cache.ts";
import type { KvShape } from "./kv-shape.ts";
import type { Memory } from "./memory.ts";

/** A memory, and the sizes of the caches in it: layers of other banks store nothing. */
export interface CachePlace {
  readonly memory: Memory;
  readonly shape: KvShape;
}

export class SequenceCache {
  /** One for each bank, in the order of the stages. */
  readonly parts: readonly KvCache[];
  /** The most positions it can hold. */
  readonly capacity: number;

  private constructor(parts: readonly KvCache[], capacity: number) {
    this.parts = parts;
    this.capacity = capacity;
  }

  /** @throws GptError `resource` if memory is full */
  static create(places: readonly CachePlace[], capacity: number): SequenceCache {
    const parts = allOrNone(places, ({ memory, shape }) => new KvCache(memory, shape, capacity));
    return new SequenceCache(parts, capacity);
  }

  /** Positions held. */
  get length(): number {
    let length = this.capacity;
    for (const part of this.parts) length = Math.min(length, part.length);
    return length;
  }

  /** As `KvCache.fork`. */
  fork(): SequenceCache {
    const parts = allOrNone(this.parts, (part) => part.fork());
    return new SequenceCache(parts, this.capacity);
  }

  /** As `KvCache.grow`: it fails as a whole or not at all. */
  grow(length: number): void {
    const before = this.length;
    try {
      for (const part of this.parts) part.grow(length);
    } catch (error) {
      this.truncate(before);
      throw error;
    }
  }

  /** As `KvCache.forgetUnseen`. */
  forgetUnseen(): void {
    for (const part of this.parts) part.forgetUnseen();
  }

  /** As `KvCache.truncate`. If one bank forgets more positions than asked for, all forget as many. */
  truncate(length: number): void {
    for (let wanted = length; ; wanted = this.length) {
      for (const part of this.parts) part.truncate(wanted);
      if (this.parts.every((part) => part.length === this.length)) return;
    }
  }

  /** Gives all memory back. The cache must not be used any more. */
  free(): void {
    for (const part of this.parts) part.free();
  }
}

/** An error frees the caches that were made before it. */
function allOrNone<T>(sources: readonly T[], make: (source: T) => KvCache): KvCache[] {
  const caches: KvCache[] = [];
  try {
    for (const source of sources) caches.push(make(source));
  } catch (error) {
    for (const cache of caches) cache.free();
    throw error;
  }
  return caches;
}
