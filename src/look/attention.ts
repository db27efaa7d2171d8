/** The attention weights of a text, and the scores of the heads. */

import { SUMMARY_NUMBERS } from "../compute/kernels/table.ts";
import { valuesIn } from "../compute/ops/attention-kernels.ts";
import type { AttentionReader } from "../compute/ops/attention-summary-ops.ts";
import type { Model } from "../engine/model.ts";
import type { AttentionConfig } from "../model/config.ts";
import { attentionIn } from "../model/mixers.ts";
import { type Grid, zeros } from "./grid.ts";
import { type HeadScores, HeadSums, repeats } from "./head-scores.ts";
import { blockOf, matrixRows } from "./modules.ts";
import { watch } from "./watching.ts";

/** Shapes: H query heads, N cells of positions. */
export interface LayerAttention {
  /** Number of the block. */
  readonly layer: number;
  readonly heads: number;
  /** Query head h reads key/value head floor(h kvHeads / heads). */
  readonly kvHeads: number;
  /** Attention of queries (rows) to keys (columns), rows sum to 1, [H, N, N]. */
  readonly weights: Grid;
  /** Mean over the heads, [N, N]. */
  readonly mean: Grid;
  readonly scores: HeadScores;
}

export interface Attention {
  readonly ids: readonly number[];
  /**
   * Positions of a cell: 1, or more for a long text. A cell is the mean over its queries of the sum over its
   * keys.
   */
  readonly pool: number;
  /** Layers with attention; recurrent ones have none. */
  readonly layers: readonly LayerAttention[];
}

export interface AttentionOptions {
  /** Rows and columns of a map, at most. Default 256. */
  readonly cells?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function attention(
  model: Model,
  ids: readonly number[],
  { cells = 256, signal }: AttentionOptions = {},
): Promise<Attention> {
  const maps = new AttentionMaps(model, ids, cells);
  await watch(model, ids, { attention: maps, signal });
  return maps.view();
}

/** The maps of all layers, for a pass that shows them the attention of a text. */
export class AttentionMaps implements AttentionReader {
  readonly pool: number;
  readonly cells: number;
  readonly #ids: readonly number[];
  readonly #maps = new Map<string, AttentionMap>();

  /** @param most rows and columns of a map */
  constructor({ config }: Pick<Model, "config">, ids: readonly number[], most: number) {
    this.pool = Math.ceil(ids.length / most);
    this.cells = Math.ceil(ids.length / this.pool);
    this.#ids = ids;
    const earlier = repeats(ids);
    for (const [layer, block] of config.layers.entries()) {
      const attention = attentionIn(block);
      if (attention === undefined) continue;
      this.#maps.set(`blocks.${layer}.attention`, new AttentionMap(layer, attention, this, earlier));
    }
  }

  read(name: string, weights: Float32Array, longest: number, summaries: Float32Array): void {
    this.#maps.get(name)?.add(weights, longest, summaries);
  }

  view(): Attention {
    return { ids: this.#ids, pool: this.pool, layers: [...this.#maps.values()].map((map) => map.view()) };
  }
}

/** The map of a layer, to which rows are added as passes compute them. */
class AttentionMap {
  readonly #layer: number;
  readonly #config: AttentionConfig;
  readonly #pool: number;
  readonly #earlier: readonly (readonly number[])[];
  readonly #weights: Grid;
  readonly #sums: HeadSums;
  #rows = 0;

  constructor(
    layer: number,
    config: AttentionConfig,
    { pool, cells }: Pick<AttentionReader, "pool" | "cells">,
    earlier: readonly (readonly number[])[],
  ) {
    this.#layer = layer;
    this.#config = config;
    this.#pool = pool;
    this.#earlier = earlier;
    this.#weights = zeros(config.nHead, cells, cells);
    this.#sums = new HeadSums(config.nHead);
  }

  /** @param weights of the next rows, [rows, H, width] @param summaries [rows, H, SUMMARY_NUMBERS + cells] */
  add(weights: Float32Array, width: number, summaries: Float32Array): void {
    const { nHead } = this.#config;
    const [, cells = 0] = this.#weights.shape;
    const size = SUMMARY_NUMBERS + cells;
    for (let row = 0; row * nHead * width < weights.length; row++) {
      const i = this.#rows++;
      const earlier = this.#earlier[i] ?? [];
      this.#sums.begin(earlier);
      for (let head = 0; head < nHead; head++) {
        const item = row * nHead + head;
        const [entropy = 0, distance = 0] = summaries.subarray(item * size, item * size + SUMMARY_NUMBERS);
        this.#sums.add(head, i, earlier, weights, item * width, { entropy, distance });
        this.#place(head, i, summaries, item * size + SUMMARY_NUMBERS);
      }
    }
  }

  /** @param first of the sums over groups of keys */
  #place(head: number, i: number, summaries: Float32Array, first: number): void {
    const [, cells = 0] = this.#weights.shape;
    const pool = this.#pool;
    const row = Math.floor(i / pool);
    const start = (head * cells + row) * cells;
    const { values } = this.#weights;
    const queries = Math.min(pool, this.#earlier.length - row * pool);
    for (let cell = 0; cell <= row; cell++) {
      values[start + cell] = (values[start + cell] as number) + (summaries[first + cell] as number) / queries;
    }
  }

  view(): LayerAttention {
    const { nHead, nKvHead } = this.#config;
    return {
      layer: this.#layer,
      heads: nHead,
      kvHeads: nKvHead,
      weights: this.#weights,
      mean: meanOf(this.#weights),
      scores: this.#sums.scores(),
    };
  }
}

/** The mean over the first axis. */
function meanOf({ shape, values }: Grid): Grid {
  const [count = 1, ...rest] = shape;
  const mean = zeros(...rest);
  const size = mean.values.length;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let k = 0; k < count; k++) sum += values[k * size + i] as number;
    mean.values[i] = sum / count;
  }
  return mean;
}

/**
 * How long the vector is that a head writes into the residual stream for each key, if it attends to it alone:
 * the L2 norm of v_j W_O, [H, T]. Attention weights times these lengths say more of influence than the weights
 * do (Kobayashi et al. 2020). Undefined for layers whose outputs of heads are no sums of values: latent
 * attention, gated outputs, keys of another layer.
 */
export async function valueNorms(
  model: Model,
  ids: readonly number[],
  layer: number,
): Promise<Grid | undefined> {
  const config = attentionIn(model.config.layers[layer] ?? failLayer(layer));
  if (!config || config.latent || config.outputGate || config.keysFrom !== undefined) return undefined;
  const name = `blocks.${layer}.attention.heads`;
  const heads = (await watch(model, ids, { keep: [name] })).kept(name);
  const output = await model.compute((ops, decoder) => {
    const found = blockOf(ops, decoder, layer);
    if (found.block.mixer.kind !== "attention") throw new Error("a layer without attention");
    return matrixRows(found.ops, found.block.mixer.output.weight);
  });
  const { nHead, nKvHead, valueDim } = config;
  const norms = zeros(nHead, ids.length);
  const width = heads.shape[1] as number;
  for (let head = 0; head < nHead; head++) {
    const gram = gramOf(output, nHead * valueDim, head * valueDim, valueDim);
    const first = valuesIn(config) + Math.floor((head * nKvHead) / nHead) * valueDim;
    for (let row = 0; row < ids.length; row++) {
      const value = heads.values.subarray(row * width + first, row * width + first + valueDim);
      norms.values[head * ids.length + row] = Math.sqrt(Math.max(0, quadratic(gram, value)));
    }
  }
  return norms;
}

const failLayer = (layer: number): never => {
  throw new Error(`no layer ${layer}`);
};

/** M^T M of `count` columns of a matrix from column `first` on. */
function gramOf(matrix: Float32Array, width: number, first: number, count: number): Float64Array {
  const gram = new Float64Array(count * count);
  for (let start = first; start < matrix.length; start += width) {
    for (let i = 0; i < count; i++) {
      const a = matrix[start + i] as number;
      for (let j = 0; j < count; j++) {
        const at = i * count + j;
        gram[at] = (gram[at] as number) + a * (matrix[start + j] as number);
      }
    }
  }
  return gram;
}

/** v^T G v */
function quadratic(gram: Float64Array, v: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) {
    for (let j = 0; j < v.length; j++) {
      sum += (gram[i * v.length + j] as number) * (v[i] as number) * (v[j] as number);
    }
  }
  return sum;
}
