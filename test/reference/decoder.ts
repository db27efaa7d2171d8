/**
 * The scalar twin of the whole decoder: token ids to logits in doubles and plain loops, one row at a time,
 * without a cache. Written from the papers, apart from src/model; it is the specification of every family's
 * numbers.
 */

import { reachOf } from "../../src/model/attention/masks.ts";
import type {
  AttentionConfig,
  BranchConfig,
  DecoderConfig,
  LayerConfig,
  MlpConfig,
} from "../../src/model/config.ts";
import { attentionOf } from "../../src/model/mixers.ts";
import type { NormConfig } from "../../src/model/norm-config.ts";
import { attendRow } from "../../src/reference/attention.ts";
import {
  at,
  clampedSwiglu,
  geluErf,
  geluTanh,
  layerNorm,
  matmul,
  quickGelu,
  relu,
  relu6,
  reluSquared,
  rmsNorm,
  sigmoid,
  silu,
} from "../../src/reference/twins.ts";
import { queryFactor, slopesOf, turn } from "./positions.ts";

/** Weights by canonical name: a matrix is [outputs][inputs]. */
export interface Weights {
  readonly matrices: ReadonlyMap<string, number[][]>;
  readonly vectors: ReadonlyMap<string, number[]>;
}

type Rows = number[][];

const activations = {
  gelu_tanh: geluTanh,
  gelu_erf: geluErf,
  silu,
  relu,
  relu_squared: reluSquared,
  tanh: Math.tanh,
  quick_gelu: quickGelu,
  relu6,
  sigmoid,
};

/** Logits after every id, [ids][vocabulary], or of a classifier its scores. */
export function decoderLogits(config: DecoderConfig, weights: Weights, ids: readonly number[]): Rows {
  const embeddings = matrix(weights, "token_embedding.weight");
  const { scale, width = config.nEmbd, norm: embeddingNorm } = config.embedding;
  const found = ids.map((id) => rowOf(embeddings, id).map((v) => scale * v));
  const tokens =
    width === config.nEmbd ? found : matmul(found, matrix(weights, "embedding_projection.weight"));
  let x = tokens.map((token, position) => plus(token, absolutePosition(config, weights, position)));
  x = norm(embeddingNorm, weights, "embedding_norm", x);
  const stored: Stored[] = [];
  for (const [i, layer] of config.layers.entries()) x = block(layer, weights, i, x, stored);
  x = norm(config.finalNorm, weights, "final_norm", x);
  const { head } = config;
  if (head.kind !== "tokens") return matmul(x, matrix(weights, "head.weight"));
  if (head.transform) x = matmul(x, matrix(weights, "head_transform.weight"));
  const bias = head.bias ? vector(weights, "head.bias") : undefined;
  const logits = matmul(x, head.tied ? embeddings : matrix(weights, "head.weight"), bias);
  const { softCap: cap = Number.POSITIVE_INFINITY } = head;
  return logits.map((row) =>
    row.map((v) =>
      cap < Number.POSITIVE_INFINITY ? cap * Math.tanh((head.scale * v) / cap) : head.scale * v,
    ),
  );
}

/** Keys and values of a layer, [positions][heads]. */
interface Stored {
  readonly keys: number[][][];
  readonly values: number[][][];
}

/** The attention and the feed-forward layer one after the other, or both of the same x (GPT-J). */
function block(layer: LayerConfig, weights: Weights, i: number, x: Rows, stored: Stored[]): Rows {
  const name = `blocks.${i}`;
  const { attentionBranch, mlpBranch, sharedNorm } = layer;
  const attend = (x: Rows) => selfAttention(attentionOf(layer), weights, i, x, stored);
  const feed = (x: Rows) => feedForward(layer.mlp, weights, `${name}.mlp`, x);
  const attended = branch(attentionBranch, weights, `${name}.attention`, attend, x);
  const mlpNorm = sharedNorm ? `${name}.attention_norm` : `${name}.mlp_norm`;
  if (layer.parallel) {
    return add(x, add(attended, branch(mlpBranch, weights, `${name}.mlp`, feed, x, mlpNorm)));
  }
  const a = norm(attentionBranch.sum, weights, `${name}.attention_sum_norm`, add(x, attended));
  const fed = branch(mlpBranch, weights, `${name}.mlp`, feed, a, mlpNorm);
  return norm(mlpBranch.sum, weights, `${name}.mlp_sum_norm`, add(a, fed));
}

/** GPT-2 normalises the input of a sublayer, OLMo 2 its output, Gemma 2 both. */
function branch(
  { before, after, scale }: BranchConfig,
  weights: Weights,
  name: string,
  f: (x: Rows) => Rows,
  x: Rows,
  beforeName = `${name}_norm`,
): Rows {
  const y = norm(after, weights, `${name}_output_norm`, f(norm(before, weights, beforeName, x)));
  return y.map((row) => row.map((v) => scale * v));
}

function selfAttention(
  config: AttentionConfig,
  weights: Weights,
  layer: number,
  x: Rows,
  stored: Stored[],
): Rows {
  const name = `blocks.${layer}.attention`;
  const { nHead, nKvHead, headDim, valueDim, qkNorm, scale, softCap, scoreBias } = config;
  const qkv = linear(weights, `${name}.qkv`, config.qkvBias, x);
  const cut = (begin: number, count: number, width: number) =>
    qkv.map((row) =>
      Array.from({ length: count }, (_, h) => row.slice(begin + h * width, begin + (h + 1) * width)),
    );
  const isLate = qkNorm.kind !== "none" && qkNorm.afterRotation === true;
  const turned = (vectors: number[][][], normName: string) =>
    vectors.map((row, position) => {
      const normed = (heads: Rows) => queryKeyNorm(qkNorm, weights, normName, heads);
      const turnedHeads = (heads: Rows) => heads.map((head) => turn(config, head, position));
      return isLate ? normed(turnedHeads(row)) : turnedHeads(normed(row));
    });
  const queries = turned(cut(0, nHead, headDim), `${name}.query_norm`).map((row, position) =>
    row.map((query) => query.map((v) => v * queryFactor(config, position))),
  );
  if (config.keysFrom === undefined) {
    const keys = turned(cut(nHead * headDim, nKvHead, headDim), `${name}.key_norm`);
    stored[layer] = { keys, values: cut((nHead + nKvHead) * headDim, nKvHead, valueDim) };
  }
  const { keys, values } = stored[config.keysFrom ?? layer] as Stored;
  const sinks = config.sinks ? (weights.vectors.get(`${name}.sinks.weight`) ?? []) : [];

  const of = (vectors: number[][][], head: number) => vectors.map((row) => rowOf(row, head));
  const rules = { scale, reach: reachOf(config.mask), ...(softCap !== undefined && { softCap }) };
  const mixed = queries.map((row, position) =>
    row.flatMap((query, h) => {
      const shared = Math.floor((h * nKvHead) / nHead);
      const slope = scoreBias.kind === "alibi" ? scoreBias.scale * at(slopesOf(nHead), h) : 0;
      const bias = (distance: number) => slope * distance;
      return attendRow(query, of(keys, shared), of(values, shared), position, {
        ...rules,
        bias,
        ...(config.sinks && { sink: at(sinks, h) }),
      });
    }),
  );
  return linear(weights, `${name}.output`, config.outputBias, mixed);
}

function feedForward(config: MlpConfig, weights: Weights, name: string, x: Rows): Rows {
  const { nInner, gated, bias } = config;
  const f = config.activation === "clamped_swiglu" ? undefined : activations[config.activation];
  const gate = f ? (gate: number, up: number) => f(gate) * up : clampedSwiglu;
  const hidden = linear(weights, `${name}.up`, bias, x).map((row) =>
    gated || !f ? row.slice(0, nInner).map((g, i) => gate(g, at(row, nInner + i))) : row.map(f),
  );
  return linear(weights, `${name}.down`, bias, hidden);
}

/**
 * Position embedding, added to the token embedding; the sinusoids of Vaswani et al. 2017: PE(2i) = sin, PE(2i
 * + 1) = cos.
 */
function absolutePosition({ embedding, nEmbd }: DecoderConfig, weights: Weights, index: number): number[] {
  if (embedding.positions === "none") return Array<number>(nEmbd).fill(0);
  if (embedding.positions === "learned") return rowOf(matrix(weights, "position_embedding.weight"), index);
  return Array.from({ length: nEmbd }, (_, dimension) => {
    const pair = Math.floor(dimension / 2);
    const angle = index / 10000 ** ((2 * pair) / nEmbd);
    return dimension === 2 * pair ? Math.sin(angle) : Math.cos(angle);
  });
}

/** Of every head, or of all heads of a row as one vector. */
function queryKeyNorm(config: AttentionConfig["qkNorm"], weights: Weights, name: string, heads: Rows): Rows {
  if (config.kind === "none") return heads;
  if (config.kind === "head") return norm(config.norm, weights, name, heads);
  const width = heads[0]?.length ?? 0;
  if (config.kind === "heads") {
    const weight = vector(weights, `${name}.weight`);
    const own = (h: number) => weight.slice(h * width, (h + 1) * width);
    return heads.map((head, h) => rowOf(normed(config.norm, own(h), undefined, [head]), 0));
  }
  const row = rowOf(norm(config.norm, weights, name, [heads.flat()]), 0);
  return heads.map((_, h) => row.slice(h * width, (h + 1) * width));
}

/** x itself without a norm. */
function norm(config: NormConfig | undefined, weights: Weights, name: string, x: Rows): Rows {
  if (config === undefined) return x;
  const weight = config.unweighted ? undefined : vector(weights, `${name}.weight`);
  return normed(config, weight, config.bias ? vector(weights, `${name}.bias`) : undefined, x);
}

function normed(
  { kind, epsilon }: NormConfig,
  weight: number[] | undefined,
  bias: number[] | undefined,
  x: Rows,
): Rows {
  const width = rowOf(x, 0).length;
  const [ones, zeros] = [Array<number>(width).fill(1), Array<number>(width).fill(0)];
  if (kind === "rmsnorm") return rmsNorm(x, weight ?? ones, epsilon);
  return layerNorm(x, weight ?? ones, bias ?? zeros, epsilon);
}

function linear(weights: Weights, name: string, hasBias: boolean, x: Rows): Rows {
  const bias = hasBias ? vector(weights, `${name}.bias`) : undefined;
  return matmul(x, matrix(weights, `${name}.weight`), bias);
}

const plus = (a: number[], b: number[]): number[] => a.map((value, i) => value + at(b, i));
const add = (a: Rows, b: Rows): Rows => a.map((row, t) => plus(row, rowOf(b, t)));

const matrix = ({ matrices }: Weights, name: string): number[][] => present(matrices.get(name), name);
const vector = ({ vectors }: Weights, name: string): number[] => present(vectors.get(name), name);
const rowOf = (rows: number[][], index: number): number[] => present(rows[index], `row ${index}`);

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RangeError(`no ${name}`);
  return value;
}
