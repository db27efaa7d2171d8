/**
 * THE PAGE: a GPT as a list of operations, in the order of the papers.
 *
 * GPT-1 (Radford et al. 2018), GPT-2 (2019) and GPT-3 (Brown et al. 2020); Llama (Touvron et al. 2023) and Qwen (Bai et
 * al. 2023) differ from them in the fields of the config. Shapes: T rows, C width, H query heads, Hkv key/value heads, D head
 * dimension, F feed-forward width, V vocabulary.
 */

import type { Batch } from "../compute/batch.ts";
import type {
  AttentionLayer,
  Embedding,
  Norm,
  Ops,
  Linear as PlainLinear,
  RotaryTable,
} from "../compute/ops/ops.ts";
import type { Matrix, Tensor } from "../compute/tensor.ts";
import type { LowRank } from "../weights/adapters/low-rank.ts";
import type { DecoderConfig } from "./config.ts";

export interface Linear extends PlainLinear {
  /** What is trained beside the weight; a loaded model has none, as it has them in its weights. */
  readonly adapters: readonly LowRank[];
}

export interface Block {
  readonly attention: AttentionLayer;
  readonly attentionNorm: Norm;
  /** Queries, keys and values: C -> (H + 2 Hkv) D */
  readonly qkv: Linear;
  readonly queryNorm: Norm | undefined;
  readonly keyNorm: Norm | undefined;
  /** H D -> C */
  readonly attentionOutput: Linear;
  readonly mlpNorm: Norm;
  /** C -> F, or C -> [gate F | up F] */
  readonly up: Linear;
  /** F -> C */
  readonly down: Linear;
  readonly names: BlockNames;
}

/** Names by which an observer knows results that belong to no weight. */
export interface BlockNames {
  readonly attentionSum: string;
  readonly active: string;
  readonly mlpSum: string;
}

export interface Decoder {
  readonly config: DecoderConfig;
  readonly tokenEmbedding: Embedding;
  /** Learned or sinusoidal positions, added to the token embedding. */
  readonly positionEmbedding: Embedding | undefined;
  /** Rotary positions, applied to queries and keys. */
  readonly rotary: RotaryTable | undefined;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm | undefined;
  /** C -> V, or to the classes of a classifier */
  readonly head: Matrix;
}

/**
 * Runs the rows of a batch through the decoder; their caches receive their keys and values.
 *
 * @param pause awaited between blocks, so that the event loop stays alive; it may throw to abort
 * @returns the last hidden states, (T, C)
 */
export async function forward(
  ops: Ops,
  decoder: Decoder,
  batch: Batch,
  pause: () => Promise<void>,
): Promise<Tensor> {
  const { tokenEmbedding, positionEmbedding, blocks, finalNorm } = decoder;
  let x = ops.embedding(tokenEmbedding, batch.ids); //                                              (T, C)
  if (positionEmbedding) {
    x = ops.update(x, () => ops.add(x, ops.embedding(positionEmbedding, batch.positions))); //      (T, C)
  }
  x = ops.dropout(x);
  for (const block of blocks) {
    x = transformerBlock(ops, decoder, block, batch, x); //                                  (T, C)
    await pause();
  }
  return finalNorm ? ops.normalize(x, finalNorm) : x; //                                   (T, C)
}

/** Logits of hidden states: (T, C) -> (T, V) */
export const logits = (ops: Ops, { head }: Pick<Decoder, "head">, x: Tensor): Tensor =>
  ops.linear(x, { name: "head", weight: head });

/** Attention, then the feed-forward layer, each with its norm and its residual connection: (T, C) -> (T, C) */
function transformerBlock(ops: Ops, decoder: Decoder, block: Block, batch: Batch, x: Tensor): Tensor {
  const { config } = decoder;
  const residual = (name: string, x: Tensor, norm: Norm, sublayer: (x: Tensor) => Tensor) =>
    ops.update(x, () =>
      config.normPlacement === "pre"
        ? ops.residual(name, x, sublayer(ops.normalize(x, norm)))
        : ops.normalize(ops.residual(name, x, sublayer(x)), norm),
    );

  const { names, attentionNorm, mlpNorm } = block;
  const attended = residual(names.attentionSum, x, attentionNorm, (x) =>
    attention(ops, decoder, block, batch, x),
  );
  return residual(names.mlpSum, attended, mlpNorm, (x) => mlp(ops, config, block, x));
}

/** Masked multi-head self-attention (Vaswani et al. 2017): (T, C) -> (T, C) */
function attention(
  ops: Ops,
  { rotary }: Decoder,
  { attention, qkv, queryNorm, keyNorm, attentionOutput }: Block,
  batch: Batch,
  x: Tensor,
): Tensor {
  const { nHead, nKvHead } = attention;
  const heads = linear(ops, x, qkv); //                                                             (T, (H + 2 Hkv) D)
  if (queryNorm) ops.normalizeHeads(heads, queryNorm, 0, nHead);
  if (keyNorm) ops.normalizeHeads(heads, keyNorm, nHead, nKvHead);
  if (rotary) ops.rope(heads, attention, rotary, batch);
  ops.storeKeysValues(heads, attention, batch);
  const mixed = ops.attention(heads, attention, batch); //                                          (T, H D)
  return ops.dropout(linear(ops, mixed, attentionOutput)); //                                       (T, C)
}

/** Position-wise feed-forward layer: (T, C) -> (T, C) */
function mlp(ops: Ops, config: DecoderConfig, { up, down, names }: Block, x: Tensor): Tensor {
  const hidden = linear(ops, x, up); //                                                             (T, F) or (T, 2 F)
  const active = config.gated
    ? ops.swiglu(hidden, names.active)
    : ops.activation(config.activation, hidden, names.active); //                                   (T, F)
  return ops.dropout(linear(ops, active, down)); //                                                 (T, C)
}

/** x W^T + b, and for low-rank adapters (Hu et al. 2021) + s (x A^T) B^T: (T, C) -> (T, N) */
function linear(ops: Ops, x: Tensor, layer: Linear): Tensor {
  const y = ops.linear(x, layer); //                                                                (T, N)
  for (const { a, b, firstOutput, scale, dropout } of layer.adapters) {
    const low = ops.linear(ops.dropped(x, dropout), { weight: a }); //                              (T, rank)
    ops.addLinear(y, low, b, firstOutput, scale);
  }
  return y;
}
