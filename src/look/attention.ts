/** The attention weights of a text, and the scores of the heads. */
import { valuesIn } from "../compute/ops/attention-kernels.ts";
import type { Observer } from "../compute/ops/observing-ops.ts";
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
  const pool = Math.ceil(ids.length / cells);
  const earlier = repeats(ids);
  const maps = new Map<string, AttentionMap>();
  for (const [layer, config] of model.config.layers.entries()) {
    const attention = attentionIn(config);
    if (attention)
      maps.set(`blocks.${layer}.attention.weights`, new AttentionMap(layer, attention, pool, earlier));
  }
  const observer: Observer = {
    wants: (name) => maps.has(name),
    see(name, shape, values) {
      maps.get(name)?.add(values, shape[2] as number);
      return undefined;
    },
  };
  const session = model.createSession();
  try {
    await session.observe(ids, observer, { signal });
  } finally {
    await session.close();
  }
  return { ids, pool, layers: [...maps.values()].map((map) => map.view()) };
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

  constructor(layer: number, config: AttentionConfig, pool: number, earlier: readonly (readonly number[])[]) {
    const cells = Math.ceil(earlier.length / pool);
    this.#layer = layer;
    this.#config = config;
    this.#pool = pool;
    this.#earlier = earlier;
    this.#weights = zeros(config.nHead, cells, cells);
    this.#sums = new HeadSums(config.nHead);
  }

  /** @param weights of the next rows, [rows, H, width] */
  add(weights: Float32Array, width: number): void {
    const { nHead } = this.#config;
    for (let first = 0; first < weights.length; first += nHead * width) {
      const row = weights.subarray(first, first + nHead * width);
      const i = this.#rows++;
      this.#sums.add(i, this.#earlier[i] ?? [], row, width);
      for (let head = 0; head < nHead; head++) this.#place(head, i, row.subarray(head * width));
    }
  }

  #place(head: number, i: number, row: Float32Array): void {
    const [, cells = 0] = this.#weights.shape;
    const pool = this.#pool;
    const start = (head * cells + Math.floor(i / pool)) * cells;
    const { values } = this.#weights;
    const queries = Math.min(pool, this.#earlier.length - Math.floor(i / pool) * pool);
    for (let j = 0; j <= i; j++) {
      const at = start + Math.floor(j / pool);
      values[at] = (values[at] as number) + (row[j] as number) / queries;
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
