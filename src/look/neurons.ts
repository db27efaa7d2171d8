/** Neurons of dense MLPs: where a text activates one, and what it writes into the logits (Geva et al. 2022). */
import type { Model } from "../engine/model.ts";
import { GptError } from "../errors.ts";
import type { Block, DenseMlp } from "../model/modules.ts";
import { topOf } from "./distribution.ts";
import type { Scored } from "./embeddings/embeddings.ts";
import { type Grid, zeros } from "./grid.ts";
import { blockOf } from "./modules.ts";
import { watch } from "./watching.ts";

/** Shapes: T positions. */
export interface Neuron {
  readonly ids: readonly number[];
  readonly layer: number;
  readonly neuron: number;
  /** What enters the output projection: act(up), or act(gate) up, [T]. */
  readonly activations: Grid;
  /** The positions that activate it most. */
  readonly topPositions: readonly number[];
  /** What its output row w adds to the logits: U w. */
  readonly effects: Effects;
  /** U (w, centred by layer norms, times the gain of the final norm), after the gain of the norm after the MLP. */
  readonly effectsThroughNorm: Effects;
}

/** The tokens whose logits it raises and lowers most, by an activation of 1. */
export interface Effects {
  readonly top: readonly Scored[];
  readonly bottom: readonly Scored[];
}

/** @throws GptError `usage` for a layer without a dense MLP, and for a neuron that it has not */
export async function neuron(
  model: Model,
  ids: readonly number[],
  { layer, neuron }: Pick<Neuron, "layer" | "neuron">,
  top = 5,
): Promise<Neuron> {
  checkNeuron(model, layer, neuron);
  const name = `blocks.${layer}.mlp.down.input`;
  const { values, shape } = (await watch(model, ids, { keep: [name] })).kept(name);
  const width = shape[1] as number;
  const activations = zeros(ids.length);
  for (const [i] of ids.entries()) activations.values[i] = values[i * width + neuron] as number;
  const written = await outputRow(model, layer, neuron);
  return {
    ids,
    layer,
    neuron,
    activations,
    topPositions: topOf(activations.values, top),
    effects: await effectsOf(model, written.raw, top),
    effectsThroughNorm: await effectsOf(model, written.throughNorm, top),
  };
}

/** The neurons of a layer that a position activates most, by size. */
export async function strongest(
  model: Model,
  ids: readonly number[],
  layer: number,
  position: number,
  top: number,
): Promise<{ readonly neuron: number; readonly activation: number }[]> {
  checkNeuron(model, layer, 0);
  const name = `blocks.${layer}.mlp.down.input`;
  const { values, shape } = (await watch(model, ids, { keep: [name] })).kept(name);
  const width = shape[1] as number;
  const row = values.subarray(position * width, (position + 1) * width);
  return topOf(row.map(Math.abs), top).map((neuron) => ({ neuron, activation: row[neuron] as number }));
}

function checkNeuron({ config }: Model, layer: number, neuron: number): void {
  const mlp = config.layers[layer]?.mlp;
  if (mlp === undefined) {
    throw new GptError("usage", `layer ${layer}: the model has layers 0 to ${config.layers.length - 1}`);
  }
  if (mlp.kind !== "dense")
    throw new GptError("usage", `layer ${layer} has experts, whose neurons are not shown`);
  if (neuron >= mlp.nInner) {
    throw new GptError("usage", `neuron ${neuron}: layer ${layer} has neurons 0 to ${mlp.nInner - 1}`);
  }
}

/** What a neuron writes into the residual stream by an activation of 1, and the same through the final norm. */
const outputRow = (model: Model, layer: number, neuron: number) =>
  model.compute((ops, decoder) => {
    const { ops: own, block } = blockOf(ops, decoder, layer);
    const { weight } = mlpOf(block).down;
    const active = new Float32Array(weight.inputs);
    active[neuron] = 1;
    const raw = own.read(own.linear(own.write(active, 1, active.length), { weight }));
    const after = block.mlpBranch.after;
    const gained = after ? times(raw, own.read(after.weight)) : raw;
    const { finalNorm } = decoder;
    if (finalNorm === undefined) return { raw, throughNorm: gained };
    const mean = finalNorm.bias ? gained.reduce((a, b) => a + b, 0) / gained.length : 0;
    return {
      raw,
      throughNorm: times(
        gained.map((value) => value - mean),
        ops.read(finalNorm.weight),
      ),
    };
  });

function mlpOf({ mlp }: Block): DenseMlp {
  if (mlp.kind !== "dense") throw new Error("a layer of experts");
  return mlp;
}

const times = (a: Float32Array, b: Float32Array): Float32Array =>
  a.map((value, i) => value * (b[i] as number));

/** U w: the head without its bias. */
async function effectsOf(model: Model, written: Float32Array, top: number): Promise<Effects> {
  const logits = await model.compute((ops, { head }) => {
    if (head.transform) throw new GptError("usage", "neurons: the head of this model is not linear");
    return ops.read(ops.linear(ops.write(written, 1, written.length), { weight: head.weight }));
  });
  const scored = (ids: readonly number[]) => ids.map((id) => ({ id, value: logits[id] as number }));
  return {
    top: scored(topOf(logits, top)),
    bottom: scored(
      topOf(
        logits.map((value) => -value),
        top,
      ),
    ),
  };
}
