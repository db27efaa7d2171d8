/** What the parts of a block add to a logit: heads, the positions they read, the MLP and its neurons. */
import { valuesIn } from "../../compute/ops/attention-kernels.ts";
import { inputName } from "../../compute/ops/observing-ops.ts";
import type { Ops } from "../../compute/ops/ops.ts";
import type { AttentionConfig, LayerConfig } from "../../model/config.ts";
import type { Attention, Block, Branch } from "../../model/modules.ts";
import { type Grid, zeros } from "../grid.ts";
import { type Before, dot, throughLinear, throughNorm } from "./frozen.ts";

/** Shares of the logit. Shapes: H heads, T positions. */
export interface LayerAttribution {
  readonly layer: number;
  /** What each head wrote, [H]. A recurrent layer has no heads: what it wrote is `mixer`. */
  readonly heads: Grid;
  /**
   * By the position that it was read from, [H, T]. Undefined where the outputs of heads are no sums of
   * values.
   */
  readonly headsBySource: Grid | undefined;
  readonly mixer: number;
  /** Of biases of the attention: of its output projection and of the norm after it. */
  readonly attentionBias: number;
  /** What the MLP or the experts wrote, without biases. */
  readonly mlp: number;
  readonly mlpBias: number;
  /** Of biases of norms of the residual stream, and of inputs of the layer. */
  readonly other: number;
  /** Of all these. */
  readonly sum: number;
}

/** The last row of a result of the run. */
export type Row = (name: string) => Float32Array;

export interface Follow {
  readonly attribution: LayerAttribution;
  /** What each neuron of a dense MLP wrote. */
  readonly neurons: Float32Array;
  /** The direction in the residual stream before the block. */
  readonly before: Float64Array;
}

const nameOf = ({ name }: { readonly name?: string }): string[] =>
  name === undefined ? [] : [inputName(name)];

/** Results of a run that `followBlock` reads. */
export function namesOf({ mixer, mlp, hidden, ...block }: Block): string[] {
  const branches = [block.attentionBranch, block.mlpBranch];
  return [
    hidden,
    ...branches.flatMap(({ name, added, after, sum }) => [
      ...(block.parallel && name === block.attentionBranch.name ? [] : [name]),
      added,
      ...[after, sum].flatMap((norm) => (norm ? nameOf(norm) : [])),
    ]),
    ...(mixer.kind === "attention"
      ? [...nameOf(mixer.output), `${mixer.layer.name}.weights`, ...valueNames(mixer)]
      : []),
    ...(mlp.kind === "dense" ? nameOf(mlp.down) : []),
  ];
}

const valueNames = ({ layer }: Attention): string[] => (layer.queriesOnly ? [] : [`${layer.name}.heads`]);

/**
 * Follows a direction from after a block to before it.
 *
 * @param after the residual stream after the block
 * @param hasNeurons whether neurons are told apart: most of the time goes into them
 */
export function followBlock(
  ops: Ops,
  block: Block,
  config: LayerConfig,
  layer: number,
  last: Row,
  positions: (name: string) => Grid,
  after: string,
  direction: Float64Array,
  hasNeurons: boolean,
): Follow {
  const { attentionBranch: first, mlpBranch: second } = block;
  let u: Float64Array = direction.map((value) => value * block.scale);
  let other = 0;
  if (block.input) other += dot(last(after), direction) - dot(last(second.name), u) * second.sumScale;
  const leave = (branch: Branch) => {
    u = u.map((value) => value * branch.sumScale);
    if (!branch.sum) return;
    const through = throughNorm(ops, branch.sum, last(branch.name), u);
    other += through.bias;
    u = through.direction;
  };
  leave(second);
  const mlp = mlpParts(ops, block, last, u, hasNeurons);
  if (!block.parallel) leave(first);
  const attention = attentionParts(ops, block, config, last, positions, u);
  const { heads, headsBySource, mixer, bias } = attention;
  const sum = heads.values.reduce((a, b) => a + b, mixer + bias + mlp.whole + other);
  const attribution = {
    layer,
    heads,
    headsBySource,
    mixer,
    attentionBias: bias,
    mlp: mlp.whole - mlp.bias,
    mlpBias: mlp.bias,
    other,
    sum,
  };
  return { attribution, neurons: mlp.neurons, before: u };
}

/** The direction at the output of a sublayer's function, before its norm and factor. */
function insideBranch(ops: Ops, { after, scale, name }: Branch, last: Row, u: Float64Array): Before {
  const scaled = u.map((value) => value * scale);
  if (!after) return { direction: scaled, bias: 0 };
  if (after.name === undefined) throw new Error(`${name}: a norm without a name`);
  return throughNorm(ops, after, last(inputName(after.name)), scaled);
}

function mlpParts(ops: Ops, { mlp, mlpBranch }: Block, last: Row, u: Float64Array, hasNeurons: boolean) {
  const inside = insideBranch(ops, mlpBranch, last, u);
  const whole = dot(last(mlpBranch.added), u);
  const [name] = mlp.kind === "dense" ? nameOf(mlp.down) : [];
  if (mlp.kind !== "dense" || name === undefined) {
    return { whole, bias: inside.bias, neurons: new Float32Array() };
  }
  if (!hasNeurons) {
    const bias = mlp.down.bias ? dot(ops.read(mlp.down.bias), inside.direction) : 0;
    return { whole, bias: inside.bias + bias, neurons: new Float32Array() };
  }
  const { direction, bias } = throughLinear(ops, mlp.down, inside.direction);
  const neurons = last(name).map((value, i) => value * (direction[i] as number));
  return { whole, bias: inside.bias + bias, neurons };
}

function attentionParts(
  ops: Ops,
  { mixer, attentionBranch }: Block,
  config: LayerConfig,
  last: Row,
  positions: (name: string) => Grid,
  u: Float64Array,
) {
  const inside = insideBranch(ops, attentionBranch, last, u);
  const [name] = nameOf(mixer.output);
  if (mixer.kind !== "attention" || config.mixer.kind !== "attention" || name === undefined) {
    const whole = dot(last(attentionBranch.added), u);
    return { heads: zeros(0), headsBySource: undefined, mixer: whole - inside.bias, bias: inside.bias };
  }
  const { direction, bias } = throughLinear(ops, mixer.output, inside.direction);
  const outputs = last(name);
  const { nHead, valueDim } = config.mixer;
  const heads = zeros(nHead);
  for (let head = 0; head < nHead; head++) {
    const [from, to] = [head * valueDim, (head + 1) * valueDim];
    heads.values[head] = dot(outputs.subarray(from, to), direction.subarray(from, to));
  }
  const isSum = !config.mixer.latent && !config.mixer.outputGate && !mixer.layer.queriesOnly;
  const headsBySource = isSum ? bySource(config.mixer, mixer, positions, direction) : undefined;
  return { heads, headsBySource, mixer: 0, bias: inside.bias + bias };
}

/** A_j (v_j . direction of the head) of the last position, [H, T] */
function bySource(
  config: AttentionConfig,
  { layer }: Attention,
  positions: (name: string) => Grid,
  direction: Float64Array,
): Grid {
  const { nHead, nKvHead, valueDim } = config;
  const weights = positions(`${layer.name}.weights`);
  const rows = positions(`${layer.name}.heads`);
  const [length = 0, width = 0] = rows.shape;
  const last = weights.values.subarray((length - 1) * nHead * length);
  const shares = zeros(nHead, length);
  for (let head = 0; head < nHead; head++) {
    const own = direction.subarray(head * valueDim, (head + 1) * valueDim);
    const first = valuesIn(config) + Math.floor((head * nKvHead) / nHead) * valueDim;
    for (let j = 0; j < length; j++) {
      const value = rows.values.subarray(j * width + first, j * width + first + valueDim);
      shares.values[head * length + j] = (last[head * length + j] as number) * dot(value, own);
    }
  }
  return shares;
}
