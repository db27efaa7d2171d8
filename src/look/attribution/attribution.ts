/**
 * Direct logit attribution: what each part of a model adds to the logit of a token, or to the difference of
 * two (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"). The last residual row is a
 * sum of what the embedding, every head and every MLP wrote; with the divisors of the norms as they were, the
 * logit is the sum of what the parts say in its direction.
 */
import { inputName } from "../../compute/ops/observing-ops.ts";
import type { Norm, Ops } from "../../compute/ops/ops.ts";
import type { Model } from "../../engine/model.ts";
import { GptError } from "../../errors.ts";
import { logits } from "../../model/decoder.ts";
import { normalize } from "../../model/layers.ts";
import type { Decoder, Head } from "../../model/modules.ts";
import { topOf } from "../distribution.ts";
import { blockOf, matrixRows } from "../modules.ts";
import { type Watched, watch } from "../watching.ts";
import { type Before, divisorOf, dot, throughLinear, throughNorm } from "./frozen.ts";
import { followBlock, type LayerAttribution, namesOf, type Row } from "./layer-attribution.ts";

/** All numbers are shares of the logit, or of the difference. */
export interface Attribution {
  readonly ids: readonly number[];
  /** The logit of this token after the last id, */
  readonly token: number;
  /** less that of this one; or the logit alone. */
  readonly against: number | undefined;
  /** Divisor of the final norm at the last position; 1 without one. */
  readonly scale: number;
  /** Of the token, of its position, and of biases of the embedding's norm. */
  readonly embedding: number;
  readonly position: number;
  readonly embeddingBias: number;
  readonly layers: readonly LayerAttribution[];
  /** Of the bias of the final norm, and of the head. */
  readonly finalNormBias: number;
  readonly headBias: number;
  /** Of all parts. */
  readonly sum: number;
  /** What the model says, before the soft cap and after it. */
  readonly logit: number;
  readonly logitAfterSoftCap: number;
  /** The largest contributions of neurons, by size. */
  readonly topNeurons: readonly NeuronShare[];
}

export interface NeuronShare {
  readonly layer: number;
  readonly neuron: number;
  readonly share: number;
}

export interface AttributionOptions {
  /** Default: the likeliest. */
  readonly token?: number | undefined;
  /** Default: the likeliest other one. Null: the logit alone. */
  readonly against?: number | null | undefined;
  /** Neurons to name. Default 10. */
  readonly neurons?: number | undefined;
  /** As `attributionPass` returns it, for the same ids. Default: one of its own. */
  readonly pass?: Watched | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A pass that keeps what the shares of all tokens follow from. */
export async function attributionPass(
  model: Model,
  ids: readonly number[],
  signal?: AbortSignal,
): Promise<Watched> {
  const names = await model.compute((_, decoder) => namesToKeep(decoder));
  return watch(model, ids, { keep: names, signal });
}

/** @throws GptError `usage` for models whose residual stream is no sum */
export async function attribution(
  model: Model,
  ids: readonly number[],
  { token: wanted, against: foil, neurons = 10, pass, signal }: AttributionOptions = {},
): Promise<Attribution> {
  const run = pass ?? (await attributionPass(model, ids, signal));
  const [first, second] = topOf(run.logits, 2) as [number, number];
  const token = wanted ?? first;
  const against = foil === null ? undefined : (foil ?? (token === first ? second : first));
  return model.compute((ops, decoder) => {
    const last = lastRows(run);
    const { finalNorm, head, hidden } = decoder;
    const whole = throughHead(ops, head, token, against);
    const final = throughOptional(ops, finalNorm, last(hidden), whole.direction);
    const layers: LayerAttribution[] = [];
    const shares: NeuronShare[] = [];
    let after = hidden;
    let u = final.direction;
    for (const [layer, config] of [...model.config.layers.entries()].reverse()) {
      const { ops: own, block } = blockOf(ops, decoder, layer);
      const found = followBlock(own, block, config, layer, last, run.kept, after, u, neurons > 0);
      layers.unshift(found.attribution);
      for (const neuron of topOf(found.neurons.map(Math.abs), neurons)) {
        shares.push({ layer, neuron, share: found.neurons[neuron] as number });
      }
      u = found.before;
      after = block.hidden;
    }
    const { norm, positions } = decoder.embedding;
    const entry = throughOptional(ops, norm, last(norm ? inputName(norm.name ?? "") : after), u);
    const position = positions ? dot(last(positions.name ?? ""), entry.direction) : 0;
    const embedding = dot(last(norm ? inputName(norm.name ?? "") : after), entry.direction) - position;
    const said = ops.read(logits(ops, { ...head, softCap: undefined }, states(ops, decoder, last(hidden))));
    const parts = [embedding, position, entry.bias, final.bias, whole.bias, ...layers.map(({ sum }) => sum)];
    return {
      ids,
      token,
      against,
      scale: finalNorm ? divisorOf(finalNorm, last(hidden)) : 1,
      embedding,
      position,
      embeddingBias: entry.bias,
      layers,
      finalNormBias: final.bias,
      headBias: whole.bias,
      sum: parts.reduce((a, b) => a + b, 0),
      logit: difference(said, token, against),
      logitAfterSoftCap: difference(run.logits, token, against),
      topNeurons: shares.sort((a, b) => Math.abs(b.share) - Math.abs(a.share)).slice(0, neurons),
    };
  });
}

/** Results that the shares follow from. */
function namesToKeep({ embedding, stages, streams, hidden, head }: Decoder): string[] {
  const problem = streams
    ? "parallel residual streams"
    : head.transform?.activation || head.transform?.norm
      ? "a head that is not linear"
      : undefined;
  if (problem) throw new GptError("usage", `attribution: this model has ${problem}, which do not add up`);
  const { norm, positions } = embedding;
  const blocks = stages.flatMap((stage) => stage.blocks);
  const ends = [norm?.name === undefined ? [] : [inputName(norm.name)], positions?.name ?? [], hidden].flat();
  return [...blocks.flatMap(namesOf), ...ends];
}

const lastRows =
  ({ kept }: Watched): Row =>
  (name) => {
    const { shape, values } = kept(name);
    return values.subarray(values.length - values.length / (shape[0] as number));
  };

const difference = (logits: Float32Array, token: number, against: number | undefined): number =>
  (logits[token] as number) - (against === undefined ? 0 : (logits[against] as number));

const throughOptional = (ops: Ops, norm: Norm | undefined, input: Float32Array, u: Float64Array): Before =>
  norm ? throughNorm(ops, norm, input, u) : { direction: u, bias: 0 };

const states = (ops: Ops, { finalNorm }: Decoder, row: Float32Array) =>
  normalize(ops, finalNorm, ops.write(row, 1, row.length));

/** The direction of a logit in what the head reads. */
function throughHead(ops: Ops, head: Head, token: number, against: number | undefined): Before {
  const { weight, bias, scale, transform } = head;
  const [own, foil] = [token, against].map((id) =>
    id === undefined ? undefined : matrixRows(ops, weight, [id]),
  );
  const direction = Float64Array.from(own as Float32Array, (value, i) => (value - (foil?.[i] ?? 0)) * scale);
  const values = bias && ops.read(bias);
  const bias0 = values ? difference(values, token, against) * scale : 0;
  if (!transform) return { direction, bias: bias0 };
  const before = throughLinear(ops, transform.dense, direction);
  return { direction: before.direction, bias: bias0 + before.bias };
}
