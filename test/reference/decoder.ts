/**
 * The scalar twin of the whole decoder: token ids to logits in doubles and plain loops, one row at a time, without a cache.
 * Written from the papers, apart from src/model; it is the specification of every family's numbers.
 */
import type { RopeScaling } from "../../src/model/config.ts";
import {
  at,
  attention,
  geluErf,
  geluTanh,
  layerNorm,
  matmul,
  rmsNorm,
  rope,
  silu,
} from "../../src/reference/twins.ts";
import type { UniformConfig } from "../fixtures/uniform.ts";

/** Weights by canonical name: a matrix is [outputs][inputs]. */
export interface Weights {
  readonly matrices: ReadonlyMap<string, number[][]>;
  readonly vectors: ReadonlyMap<string, number[]>;
}

type Rows = number[][];

const activations = { gelu_tanh: geluTanh, gelu_erf: geluErf, silu };

/** Logits after every id, [ids][vocabulary]. */
export function decoderLogits(config: UniformConfig, weights: Weights, ids: readonly number[]): Rows {
  const embeddings = matrix(weights, "token_embedding.weight");
  let x = ids.map((id, position) => plus(rowOf(embeddings, id), absolutePosition(config, weights, position)));
  for (let layer = 0; layer < config.nLayer; layer++) x = block(config, weights, `blocks.${layer}`, x);
  if (config.normPlacement === "pre") x = norm(config, weights, "final_norm", x);
  return matmul(x, config.tiedHead ? embeddings : matrix(weights, "head.weight"));
}

/** GPT-2 normalises what goes into a sublayer, GPT-1 what comes out of the residual sum. */
function block(config: UniformConfig, weights: Weights, name: string, x: Rows): Rows {
  if (config.normPlacement === "pre") {
    const a = add(
      x,
      selfAttention(config, weights, name, norm(config, weights, `${name}.attention_norm`, x)),
    );
    return add(a, feedForward(config, weights, name, norm(config, weights, `${name}.mlp_norm`, a)));
  }
  const a = norm(
    config,
    weights,
    `${name}.attention_sum_norm`,
    add(x, selfAttention(config, weights, name, x)),
  );
  return norm(config, weights, `${name}.mlp_sum_norm`, add(a, feedForward(config, weights, name, a)));
}

function selfAttention(config: UniformConfig, weights: Weights, name: string, x: Rows): Rows {
  const { nHead, nKvHead, headDim } = config;
  const qkv = linear(weights, `${name}.attention.qkv`, config.qkvBias, x);
  const heads = (first: number, count: number) =>
    qkv.map((row) =>
      Array.from({ length: count }, (_, h) => row.slice((first + h) * headDim, (first + h + 1) * headDim)),
    );
  const turned = (vectors: number[][][], normName: string) =>
    vectors.map((row, position) =>
      row.map((head) => turn(config, queryKeyNorm(config, weights, normName, head), position)),
    );
  const queries = turned(heads(0, nHead), `${name}.attention.query_norm`);
  const keys = turned(heads(nHead, nKvHead), `${name}.attention.key_norm`);
  const values = heads(nHead + nKvHead, nKvHead);

  const past = (vectors: number[][][], position: number, head: number) =>
    vectors.slice(0, position + 1).map((row) => rowOf(row, head));
  const mixed = queries.map((row, position) =>
    row.flatMap((query, h) => {
      const shared = Math.floor((h * nKvHead) / nHead);
      const scale = 1 / Math.sqrt(headDim);
      return attention(query, past(keys, position, shared), past(values, position, shared), scale);
    }),
  );
  return linear(weights, `${name}.attention.output`, config.attentionOutputBias, mixed);
}

function feedForward(config: UniformConfig, weights: Weights, name: string, x: Rows): Rows {
  const f = activations[config.activation];
  const up = linear(weights, `${name}.mlp.up`, config.mlpBias, x);
  const hidden = up.map((row) =>
    config.gated
      ? row.slice(0, config.nInner).map((gate, i) => f(gate) * at(row, config.nInner + i))
      : row.map(f),
  );
  return linear(weights, `${name}.mlp.down`, config.mlpBias, hidden);
}

/** What is added to the token embedding; the sinusoids of Vaswani et al. 2017: PE(2i) = sin, PE(2i + 1) = cos. */
function absolutePosition({ position, nEmbd }: UniformConfig, weights: Weights, index: number): number[] {
  if (position.kind === "rotary") return Array<number>(nEmbd).fill(0);
  if (position.kind === "learned") return rowOf(matrix(weights, "position_embedding.weight"), index);
  return Array.from({ length: nEmbd }, (_, dimension) => {
    const pair = Math.floor(dimension / 2);
    const angle = index / 10000 ** ((2 * pair) / nEmbd);
    return dimension === 2 * pair ? Math.sin(angle) : Math.cos(angle);
  });
}

function turn({ position, headDim }: UniformConfig, head: number[], index: number): number[] {
  if (position.kind !== "rotary") return head;
  const { theta, scaling } = position;
  const wavelengths = Array.from(
    { length: headDim / 2 },
    (_, i) => 2 * Math.PI * theta ** (i / (headDim / 2)),
  );
  const stretched = wavelengths.map((wavelength, i) => wavelength * stretch(scaling, wavelength, i));
  return rope(
    head,
    index,
    stretched.map((wavelength) => (2 * Math.PI) / wavelength),
  );
}

/** How many times longer a pair's wavelength becomes; Llama 3.1's as in Meta's model code. */
function stretch(scaling: RopeScaling, wavelength: number, pair: number): number {
  if (scaling.kind === "none") return 1;
  if (scaling.kind === "linear") return scaling.factor;
  if (scaling.kind === "divisors") return at([...scaling.divisors], pair);
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalPositions } = scaling;
  if (wavelength < originalPositions / high) return 1;
  if (wavelength > originalPositions / low) return factor;
  const smooth = (originalPositions / wavelength - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}

function queryKeyNorm(config: UniformConfig, weights: Weights, name: string, head: number[]): number[] {
  if (!config.queryKeyNorm) return head;
  return rowOf(rmsNorm([head], vector(weights, `${name}.weight`), config.normEpsilon), 0);
}

function norm({ norm, normEpsilon }: UniformConfig, weights: Weights, name: string, x: Rows): Rows {
  const weight = vector(weights, `${name}.weight`);
  if (norm === "rmsnorm") return rmsNorm(x, weight, normEpsilon);
  return layerNorm(x, weight, vector(weights, `${name}.bias`), normEpsilon);
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
