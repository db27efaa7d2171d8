/**
 * Packs chunks in order while the next ones are read: the system copies bytes of files on threads of its own,
 * beside those that pack.
 */
import type { Matrix } from "../tensor.ts";
import type { Chunk } from "./chunk.ts";
import type { Packing, Staging } from "./packing.ts";

/** A chunk of a matrix to pack. */
export interface ChunkToPack {
  readonly packing: Packing;
  readonly matrix: Matrix;
  readonly chunk: Chunk;
  /** Fills the bytes of the chunk. */
  readonly read: (staging: Uint8Array) => Promise<void> | void;
}

/** Chunks that are read ahead of the one that is packed: as many as Node has threads for files, but one. */
const AHEAD = 3;

interface Reading<T> {
  readonly chunk: T;
  readonly staging: Staging;
  readonly done: Promise<void>;
}

/** Yields each chunk when it is packed. The chunks are asked for as memory for them becomes free. */
export async function* packChunks<T extends ChunkToPack>(chunks: Iterable<T>): AsyncGenerator<T> {
  const source = chunks[Symbol.iterator]();
  const readings: Reading<T>[] = [];
  try {
    for (let isLeft = true; ; ) {
      while (isLeft && readings.length <= AHEAD) {
        const { done = false, value } = source.next();
        isLeft = !done;
        if (!done) readings.push(begin(value));
      }
      const [first] = readings;
      if (first === undefined) return;
      await first.done;
      const { packing, matrix, chunk } = first.chunk;
      await packing.packStaged(matrix, chunk, first.staging);
      readings.shift();
      first.staging.free();
      yield first.chunk;
    }
  } finally {
    // Memory that is still written may not be freed.
    await Promise.allSettled(readings.map(({ done }) => done));
    for (const { staging } of readings) staging.free();
  }
}

function begin<T extends ChunkToPack>(chunk: T): Reading<T> {
  const staging = chunk.packing.stage(chunk.chunk);
  const done = (async () => await chunk.read(staging.bytes))();
  done.catch(() => {}); // the error is thrown in its turn
  return { chunk, staging, done };
}
