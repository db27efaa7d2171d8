/**
 * THE PAGE: a GPT as a list of operations, in the order of the papers.
 *
 * GPT-1 (Radford et al. 2018), GPT-2 (2019) and GPT-3 (Brown et al. 2020). Llama (Touvron et al. 2023), Qwen
 * (Bai et al. 2023) and others differ from them in the config of their layers.
 *
 * Shapes: T rows, C width, H query heads, Hkv key/value heads, D head dimension, F feed-forward width, V
 * vocabulary.
 */
import { type Batch, batchOf } from "../compute/batch.ts";
import type { Embedding, Ops } from "../compute/ops/ops.ts";
import type { Indices, Tensor } from "../compute/tensor.ts";
import { latentHeads, latentValues } from "./attention/latent-attention.ts";
import { mixture } from "./experts.ts";
import { addLayerInput, layerInputs } from "./layer-inputs/layer-inputs.ts";
import { feedForward, linear, lowRank, normalize } from "./layers.ts";
import type {
  Attention,
  Block,
  Body,
  Branch,
  CrossAttention,
  Head,
  HeadTransform,
  InputEmbedding,
  RelativeBias,
} from "./modules.ts";
import { recurrent } from "./recurrent/recurrent.ts";
import { alternatingUpdates, narrow, widen } from "./streams/streams.ts";

/**
 * Runs the rows of a batch through the decoder and stores their keys and values in their caches.
 *
 * @param pause awaited between blocks, to keep the event loop alive; it may throw to abort
 * @returns the last hidden states, (T, C)
 */
export async function forward(
  ops: Ops,
  model: Body,
  batch: Batch,
  pause: () => Promise<void>,
): Promise<Tensor> {
  let x = embed(ops, model.embedding, batch); //                                                    (T, C)
  const bias = relativeBias(ops, model.relativeBias); //                                            (distances, H)
  const inputs = model.layerInputs && layerInputs(ops, model.layerInputs, batch.ids, x); //            (T, L P)
  x = widen(ops, model.streams, x); //                                                              (T, C) or (T, n C)
  for (const [i, stage] of model.stages.entries()) {
    const here = ops.at(i);
    const rows = batchOf(batch, i);
    x = await here.take(x);
    const near = bias && (await here.take(bias));
    const own = inputs && (await here.take(inputs));
    for (const block of stage.blocks) {
      x = here.named(block.hidden, x);
      const once = (x: Tensor) => transformerBlock(here, block, rows, near, x); //                  (T, C)
      const run = (x: Tensor) => here.recomputed(x, () => once(x)); //                              (T, C)
      const { streams } = block;
      x = streams ? alternatingUpdates(here, streams, own, run, x) : run(x); //                     (T, C) or (T, n C)
      if (block.input && own) x = addLayerInput(here, block.input, own, x); //                       (T, C)
      x = here.scale(x, block.scale);
      await pause();
    }
  }
  x = ops.named(model.hidden, narrow(ops, model.streams, await ops.take(x))); //                     (T, C)
  return normalize(ops, model.finalNorm, x); //                                                     (T, C)
}

/** Logits of hidden states: (T, C) -> (T, V). BERT transforms the states first. */
export function logits(ops: Ops, head: Head, x: Tensor): Tensor {
  const outputs = linear(ops, transformed(ops, head.transform, x), head); //                        (T, V)
  return ops.softCap(ops.scale(outputs, head.scale), head.softCap); //                              (T, V)
}

/** (T, C) -> (T, C); an absent transform is the identity. */
function transformed(ops: Ops, transform: HeadTransform | undefined, x: Tensor): Tensor {
  if (!transform) return x;
  const dense = linear(ops, x, transform.dense); //                                                 (T, C)
  const active = transform.activation ? ops.activation(transform.activation, dense) : dense; //     (T, C)
  return normalize(ops, transform.norm, active); //                                                 (T, C)
}

/** Token embeddings with their positions and types: (T) -> (T, C) */
function embed(ops: Ops, embedding: InputEmbedding, batch: Batch): Tensor {
  const { tokens, scale, projection, positions, types, norm } = embedding;
  const found = ops.scale(ops.embedding(tokens, batch.ids), scale);
  const x = projection ? linear(ops, found, projection) : found;
  const placed = added(ops, x, positions, batch.positions);
  const typed = added(ops, placed, types, batch.types);
  return ops.dropout(normalize(ops, norm, typed));
}

/** x + the rows of a table; an absent table adds nothing: (T, C) -> (T, C) */
const added = (ops: Ops, x: Tensor, table: Embedding | undefined, rows: Indices): Tensor =>
  table ? ops.update(x, () => ops.add(x, ops.embedding(table, rows))) : x;

/**
 * Attention or a recurrent layer, then the MLP; or both of the same x (Wang & Komatsuzaki 2021): (T, C) ->
 * (T, C)
 */
function transformerBlock(ops: Ops, block: Block, batch: Batch, bias: Bias, x: Tensor): Tensor {
  const { attentionBranch: first, cross, mlpBranch: last } = block;
  const A = (x: Tensor) =>
    block.mixer.kind === "attention"
      ? attention(ops, block.mixer, batch, bias, x)
      : ops.dropout(recurrent(ops, block.mixer, batch, x));
  const M = (x: Tensor) =>
    ops.dropout(block.mlp.kind === "dense" ? feedForward(ops, block.mlp, x) : mixture(ops, block.mlp, x));
  if (block.parallel) {
    return ops.update(x, () =>
      ops.residual(last.name, x, ops.add(branch(ops, first, A, x), branch(ops, last, M, x))),
    );
  }
  let y = sublayer(ops, first, A, x);
  if (cross) y = sublayer(ops, cross.branch, (x) => crossAttention(ops, cross, batch, x), y);
  return sublayer(ops, last, M, y);
}

/** A sublayer with its residual connection: (T, C) -> (T, C). GPT-1 and BERT norm the sum. */
const sublayer = (ops: Ops, around: Branch, f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  ops.update(x, () => {
    const from = around.addsToNormed ? normalize(ops, around.before, x) : x;
    const sum = ops.residual(around.name, from, branch(ops, around, f, x));
    return ops.scale(normalize(ops, around.sum, sum), around.sumScale);
  });

/** A sublayer alone: (T, C) -> (T, C). GPT-2 and Llama norm its input, OLMo 2 its output, Gemma 2 both. */
function branch(ops: Ops, around: Branch, f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const { before, after, scale, beside, added } = around;
  const y = normalize(ops, before, x);
  const out = ops.scale(normalize(ops, after, f(y)), scale);
  return ops.named(added, beside ? ops.add(out, lowRank(ops, beside, y)) : out);
}

/** Masked multi-head self-attention (Vaswani et al. 2017): (T, C) -> (T, C) */
function attention(
  ops: Ops,
  {
    layer,
    qkv,
    latent,
    outputGate: gate,
    headNorms,
    rotary,
    rotatedNorms,
    queryFactors,
    output,
    ...own
  }: Attention,
  batch: Batch,
  bias: Bias,
  x: Tensor,
): Tensor {
  const projected = latent ? latentHeads(ops, latent, x) : linear(ops, x, qkv); //                  (T, (H + 2 Hkv) D)
  const heads = gate ? ops.withoutColumns(projected, gate.first, gate.count) : projected;
  for (const { norm, first, count } of headNorms) ops.normalizeHeads(heads, norm, first, count);
  if (rotary) ops.rope(heads, layer, rotary, batch);
  for (const { norm, first, count } of rotatedNorms) ops.normalizeHeads(heads, norm, first, count);
  if (queryFactors) ops.scaleQueries(heads, layer, queryFactors, batch);
  if (!layer.queriesOnly) ops.storeKeysValues(heads, layer, batch);
  const sums = ops.attention(heads, layer, batch, relativeBias(ops, own.relativeBias) ?? bias); //                                         (T, H Dv) or (T, H K)
  const mixed = latent ? latentValues(ops, latent, sums) : sums; //                                 (T, H Dv)
  if (gate) ops.gate(mixed, projected, gate.first, "sigmoid");
  return ops.dropout(linear(ops, mixed, output)); //                                                (T, C)
}

/** Attention over what the encoder has read, whose keys and values are stored: (T, C) -> (T, C) */
function crossAttention(ops: Ops, { layer, query, output }: CrossAttention, batch: Batch, x: Tensor): Tensor {
  if (batch.cross === undefined) throw new Error("cross-attention without a text that was read");
  const mixed = ops.attention(linear(ops, x, query), layer, batch.cross); //                        (T, H D)
  return ops.dropout(linear(ops, mixed, output)); //                                                (T, C)
}

/** Stores the keys and values of the encoder's last hidden states, once for a text: (S, C) */
export function storeSource(ops: Ops, model: Body, batch: Batch, states: Tensor): void {
  for (const { cross } of model.stages.flatMap(({ blocks }) => blocks)) {
    if (cross) ops.storeKeysValues(linear(ops, states, cross.keysValues), cross.stored, batch);
  }
}

/** What attention adds to the scores of each distance, if the model has such weights (T5): (distances, H) */
const relativeBias = (ops: Ops, bias: RelativeBias | undefined): Bias =>
  bias && ops.embedding(bias.table, bias.buckets);

type Bias = Tensor | undefined;
