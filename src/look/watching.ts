/** A pass over a text whose named results are kept and changed. */
import { type AttentionReader, AttentionSummaryOps } from "../compute/ops/attention-summary-ops.ts";
import type { Observer } from "../compute/ops/observing-ops.ts";
import type { Model } from "../engine/model.ts";
import { type Grid, zeros } from "./grid.ts";

/**
 * A change of some rows of a result, in place.
 *
 * @param first position of the first of these rows
 */
export type Change = (values: Float32Array, width: number, first: number) => void;

export interface Watch {
  /** Names of the results to keep, [positions, ...]. */
  readonly keep?: readonly string[] | undefined;
  /** Changes by the name of the result. */
  readonly changes?: ReadonlyMap<string, Change> | undefined;
  /** Reads the attention weights of each layer. */
  readonly attention?: AttentionReader | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Watched {
  /** After the last id, [vocabulary]. */
  readonly logits: Float32Array;
  /** A result that was kept. */
  readonly kept: (name: string) => Grid;
}

/** Keeps results of all positions, which come in parts, and changes others. */
class Watcher implements Observer {
  readonly #keep: ReadonlyMap<string, { grid: Grid | undefined; rows: number }>;
  readonly #changes: ReadonlyMap<string, Change>;
  readonly #firstOf = new Map<string, number>();
  readonly #positions: number;

  constructor(positions: number, keep: readonly string[], changes: ReadonlyMap<string, Change>) {
    this.#positions = positions;
    this.#keep = new Map(keep.map((name) => [name, { grid: undefined, rows: 0 }]));
    this.#changes = changes;
  }

  wants(name: string): boolean {
    return this.#keep.has(name) || this.#changes.has(name);
  }

  see(name: string, shape: readonly number[], values: Float32Array): Float32Array | undefined {
    const [rows = 0, ...rest] = shape;
    const width = values.length / rows;
    const first = this.#firstOf.get(name) ?? 0;
    this.#firstOf.set(name, first + rows);
    const change = this.#changes.get(name);
    change?.(values, width, first);
    const kept = this.#keep.get(name);
    if (kept) {
      kept.grid ??= this.#gridFor(rest);
      place(values, rest.at(-1) ?? 1, kept.grid, first * (kept.grid.values.length / this.#positions));
    }
    return change && values;
  }

  /** Rows of attention weights are as long as the text so far: the grid has room for all positions. */
  #gridFor(rest: readonly number[]): Grid {
    return rest.length === 2
      ? zeros(this.#positions, rest[0] as number, this.#positions)
      : zeros(this.#positions, ...rest);
  }

  kept(name: string): Grid {
    const grid = this.#keep.get(name)?.grid;
    if (grid === undefined) throw new Error(`the model has no result ${name}`);
    return grid;
  }
}

/** Copies rows of `width` values into a grid of rows that may be longer. */
function place(values: Float32Array, width: number, { shape, values: into }: Grid, at: number): void {
  const length = shape.at(-1) ?? width;
  if (length === width) into.set(values, at);
  else
    for (let row = 0; row * width < values.length; row++) {
      into.set(values.subarray(row * width, (row + 1) * width), at + row * length);
    }
}

/** Runs a text in a session of its own. */
export async function watch(
  model: Model,
  ids: readonly number[],
  { attention, keep = [], changes = new Map(), signal }: Watch,
): Promise<Watched> {
  const watcher = new Watcher(ids.length, keep, changes);
  const reading = attention && model.decorated((ops) => new AttentionSummaryOps(ops, attention));
  const session = (reading ?? model).createSession();
  try {
    const logits = await session.observe(ids, watcher, { signal });
    return { logits, kept: (name) => watcher.kept(name) };
  } finally {
    await session.close();
    await reading?.close();
  }
}

/** Names of the residual stream before each block and after the last. */
export const hiddenNames = ({ config }: Pick<Model, "config">): readonly string[] =>
  [...config.layers, undefined].map((_, i) => `hidden.${i}`);
