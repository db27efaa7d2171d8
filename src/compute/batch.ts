/** The input of a forward pass: rows of one or more sequences, end to end. */
import type { KvCache } from "./memory/kv-cache.ts";
import type { KvPlaces } from "./memory/kv-shape.ts";
import { FLOATS, type KvTypes } from "./memory/kv-types.ts";
import type { Runtime } from "./runtime.ts";
import type { Indices } from "./tensor.ts";

/** The next tokens of one sequence. Its cache already has room for them. */
export interface Segment {
  readonly cache: KvCache;
  /** Position of the first of them. */
  readonly start: number;
  readonly ids: readonly number[];
  /** Text of a pair that each token belongs to, 0 or 1. Models with a table for it need it. */
  readonly types?: readonly number[] | undefined;
  /** Rows of the tables of rotary angles before those of sequences of its length. Default 0. */
  readonly firstAngle?: number | undefined;
}

export interface Batch {
  /** Token of each row. */
  readonly ids: Indices;
  /** Position of each row in its sequence. */
  readonly positions: Indices;
  /** Row of the tables of rotary angles for each row: its position, or further down. */
  readonly angles: Indices;
  /** Text of a pair that each row belongs to. Empty if no segment tells. */
  readonly types: Indices;
  /** Addresses of each row's table of cache blocks, for each class of layers. */
  readonly tables: readonly Indices[];
  /** Positions of each row's sequence, these rows included. A row may see those behind its own. */
  readonly lengths: Indices;
  /** The first row of each segment, and the number of rows. */
  readonly bounds: Indices;
  /** Length of the longest sequence, these rows included. */
  readonly longest: number;
  /** Types of keys and values in the caches, which belong to one model. */
  readonly cacheTypes: KvTypes;
  /**
   * For each segment the addresses of its states before and after these rows, if there are recurrent layers.
   */
  readonly states: Indices;
  /** Where the layers lie in these caches. */
  readonly places: Pick<KvPlaces, "classOf" | "offsets">;
  /** The same rows as they read what the encoder has read, in models with cross-attention. */
  readonly cross?: Batch;
  /** The same rows in each bank, with the caches of its layers, if the model has several banks. */
  readonly stages?: readonly Batch[];
}

/** The rows as a stage reads them. */
export const batchOf = (batch: Batch, stage: number): Batch => batch.stages?.[stage] ?? batch;

const NO_INDICES: Indices = { length: 0, ptr: 0 };
const NO_PLACES = { classOf: [], offsets: [] };

/** Unsigned integers in scratch memory. */
export function createIndices({ memory, scratch }: Runtime, numbers: readonly number[]): Indices {
  const ptr = scratch.allocate(numbers.length * 4);
  memory.u32(ptr, numbers.length).set(numbers);
  return { length: numbers.length, ptr };
}

/** Lays segments end to end in scratch memory. */
export function createBatch(runtime: Runtime, segments: readonly Segment[]): Batch {
  const indices = (numbers: readonly number[]) => createIndices(runtime, numbers);
  const bounds = [0];
  for (const { ids } of segments) bounds.push((bounds.at(-1) ?? 0) + ids.length);
  const rowsFrom = (first: (segment: Segment) => number) =>
    indices(segments.flatMap((segment) => segment.ids.map((_, i) => first(segment) + i)));
  const positions = rowsFrom(({ start }) => start);
  return {
    bounds: indices(bounds),
    ids: indices(segments.flatMap(({ ids }) => ids)),
    positions,
    angles: segments.some(({ firstAngle }) => firstAngle)
      ? rowsFrom(({ start, firstAngle = 0 }) => firstAngle + start)
      : positions,
    types: segments[0]?.types ? indices(segments.flatMap(({ types = [] }) => types)) : NO_INDICES,
    lengths: indices(segments.flatMap(({ start, ids }) => ids.map(() => start + ids.length))),
    tables: (segments[0]?.cache.tables ?? []).map((_, i) =>
      indices(segments.flatMap(({ cache, ids }) => ids.map(() => cache.tables[i] as number))),
    ),
    longest: Math.max(...segments.map(({ start, ids }) => start + ids.length)),
    cacheTypes: segments[0]?.cache.shape.types ?? FLOATS,
    states: segments[0]?.cache.states.length
      ? indices(segments.flatMap(({ cache }) => cache.states))
      : NO_INDICES,
    places: segments[0]?.cache.places ?? NO_PLACES,
  };
}

/**
 * The rows of a batch as they read other sequences: those of a segment see all positions of the cache that
 * belongs to the segment (cross-attention, Vaswani et al. 2017).
 */
export function createCrossBatch(runtime: Runtime, batch: Batch, caches: readonly KvCache[]): Batch {
  const bounds = [...runtime.memory.u32(batch.bounds.ptr, batch.bounds.length)];
  const ofRows = (value: (cache: KvCache) => number) =>
    caches.flatMap((cache, i) => Array<number>((bounds[i + 1] ?? 0) - (bounds[i] ?? 0)).fill(value(cache)));
  return {
    ...batch,
    tables: (caches[0]?.tables ?? []).map((_, i) =>
      createIndices(
        runtime,
        ofRows(({ tables }) => tables[i] as number),
      ),
    ),
    lengths: createIndices(
      runtime,
      ofRows(({ length }) => length),
    ),
    longest: Math.max(...caches.map(({ length }) => length)),
    cacheTypes: caches[0]?.shape.types ?? FLOATS,
    places: caches[0]?.places ?? NO_PLACES,
  };
}
