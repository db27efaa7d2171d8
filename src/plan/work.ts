/** What a row of a model asks of a machine: weights to read, multiply-adds, keys and values, kernels to start. */

import { BLOCK_POSITIONS } from "../compute/kernels/table.ts";
import { layerBytes } from "../compute/memory/kv-shape.ts";
import type { KvTypes } from "../compute/memory/kv-types.ts";
import { reachOf } from "../model/attention/masks.ts";
import type { AttentionConfig, DecoderConfig } from "../model/config.ts";
import { attentionsOf, cachedHeads } from "../model/mixers.ts";
import type { PlannedWeight } from "./planned-weights.ts";
import type { ProductDtype } from "./shares.ts";

/** Matrices of one type that a row is multiplied with. */
export interface Product {
  readonly dtype: ProductDtype;
  readonly bytes: number;
  /** Multiply-adds of a row that goes through all of them. */
  readonly multiplyAdds: number;
  /** The head computes the last row of a text only. */
  readonly isHead: boolean;
  /** Of the matrices of a mixture a row takes `active` of `count`. */
  readonly experts: { readonly count: number; readonly active: number } | undefined;
}

/** Layers that see equally far back. */
export interface AttentionWork {
  readonly layers: number;
  /** Positions that a row sees at most, with its own. */
  readonly most: number;
  /** Multiply-adds of a row for each position that it sees: scores, and sums of values. */
  readonly multiplyAdds: number;
  /** Keys and values of a position. */
  readonly bytes: number;
}

export interface Work {
  readonly products: readonly Product[];
  readonly attentions: readonly AttentionWork[];
  readonly kvTypes: KvTypes;
  /** Kernels that a pass starts. */
  readonly kernels: number;
  /** Width of the residual stream. */
  readonly width: number;
}

/** Norms, rotation, cache, attention, activation and the four products, with the quantization of their inputs. */
const KERNELS_PER_LAYER = 14;

export function workOf(config: DecoderConfig, weights: readonly PlannedWeight[], kvTypes: KvTypes): Work {
  return {
    products: productsOf(config, weights),
    attentions: attentionWork(config, kvTypes),
    kvTypes,
    kernels: KERNELS_PER_LAYER * config.layers.length,
    width: config.nEmbd,
  };
}

function productsOf(config: DecoderConfig, weights: readonly PlannedWeight[]): Product[] {
  const isTied = !weights.some(({ spec }) => spec.part === "head" && spec.kind === "linear");
  const products = new Map<string, Product>();
  for (const { spec, dtype, outputs, bytes } of weights) {
    const [, inputs] = spec.shape;
    const isTiedHead = isTied && spec.part === "tokenEmbedding" && spec.kind === "table";
    if (inputs === undefined || (spec.kind !== "linear" && !isTiedHead)) continue;
    const isHead = isTiedHead || spec.part === "head";
    const experts = expertsOf(config, spec);
    const key = JSON.stringify([dtype, isHead, experts]);
    const known = products.get(key);
    products.set(key, {
      dtype,
      isHead,
      experts,
      bytes: (known?.bytes ?? 0) + bytes,
      multiplyAdds: (known?.multiplyAdds ?? 0) + outputs * inputs,
    });
  }
  return [...products.values()];
}

function expertsOf(
  { layers }: DecoderConfig,
  { part, expert, layer }: PlannedWeight["spec"],
): Product["experts"] {
  const mlp = layer === undefined ? undefined : layers[layer]?.mlp;
  if (part !== "mlp" || expert === undefined || mlp?.kind !== "experts") return undefined;
  return { count: mlp.count, active: mlp.active };
}

function attentionWork(config: DecoderConfig, types: KvTypes): AttentionWork[] {
  const kinds = new Map<string, AttentionWork>();
  for (const attention of attentionsOf(config)) {
    const { nHead, headDim, valueDim, nKvHead } = cachedHeads(attention);
    const most = furthest(attention);
    const multiplyAdds = nHead * (headDim + valueDim);
    const bytes = layerBytes({ nKvHead, headDim, valueDim, types }) / BLOCK_POSITIONS;
    const key = JSON.stringify([most, multiplyAdds, bytes]);
    kinds.set(key, { most, multiplyAdds, bytes, layers: (kinds.get(key)?.layers ?? 0) + 1 });
  }
  return [...kinds.values()];
}

function furthest({ mask }: AttentionConfig): number {
  const { past, chunk } = reachOf(mask);
  return chunk > 0 ? chunk : past + 1;
}
