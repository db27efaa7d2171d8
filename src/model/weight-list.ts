/** A list of weights under construction: modules become the specs of their weights and biases. */
import type { BranchConfig, FeedForward } from "./config.ts";
import type { NormConfig } from "./norm-config.ts";
import type { MixerWeight } from "./recurrent/weights.ts";
import {
  type DecoderPart,
  parameterOf,
  type WeightKind,
  type WeightShape,
  type WeightSpec,
} from "./weight-spec.ts";

/** A module of a part: in a layer, or outside the blocks. */
export interface Place {
  readonly module: string;
  readonly part: DecoderPart;
  readonly layer: number | undefined;
  readonly expert?: number;
}

export class WeightList {
  readonly specs: WeightSpec[] = [];
  /** Width of the residual stream. */
  protected readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  /** The norms of a sublayer: of its input, of its output, and of the residual sum. */
  branch(sublayer: "attention" | "cross" | "mlp", layer: number, config: BranchConfig): void {
    const { before, after, sum, beside } = config;
    this.norm(`blocks.*.${sublayer}_norm`, layer, before);
    this.norm(`blocks.*.${sublayer}_output_norm`, layer, after);
    this.norm(`blocks.*.${sublayer}_sum_norm`, layer, sum);
    if (beside === undefined) return;
    const place = (name: string): Place => ({
      module: `blocks.*.${sublayer}_beside.${name}`,
      part: "mlp",
      layer,
    });
    this.linear(place("down"), [beside.rank], this.width, false);
    this.linear(place("up"), [this.width], beside.rank, false, true);
    this.add({ ...place("norm"), part: "norms" }, "norm", [this.width]);
  }

  /** Weights of a mixer that lists its own. */
  protected listed(layer: number, weights: readonly MixerWeight[]): void {
    for (const { module, kind, shape, parts, intoResidual, head } of weights) {
      const part = kind === "norm" || kind === "rate" ? "norms" : "attention";
      const place = { module: `blocks.*.${module}`, part, layer } as const;
      const own = head === undefined ? place : { ...place, expert: head };
      this.add(own, kind, shape, { parts, intoResidual });
    }
  }

  protected feedForward(
    module: string,
    layer: number,
    { nInner, gated, bias }: FeedForward,
    expert?: number,
  ): void {
    const place = (name: string): Place => ({
      module: `${module}.${name}`,
      part: "mlp",
      layer,
      ...(expert !== undefined && { expert }),
    });
    this.linear(place("up"), gated ? [nInner, nInner] : [nInner], this.width, bias);
    this.linear(place("down"), [this.width], nInner, bias, true);
  }

  norm(
    module: string,
    layer: number | undefined,
    config: NormConfig | undefined,
    width = this.width,
    part: DecoderPart = "norms",
  ): void {
    if (config !== undefined) this.norms({ module, part, layer }, config, [width]);
  }

  /** @param parts widths of the norms that it stacks */
  protected norms(place: Place, { bias, unweighted }: NormConfig, parts: readonly number[]): void {
    const width = parts.reduce((sum, part) => sum + part, 0);
    if (!unweighted) this.add(place, "norm", [width], { parts });
    if (bias) this.add(place, "bias", [width], { parts });
  }

  protected linear(
    place: Place,
    parts: readonly number[],
    inputs: number,
    bias: boolean,
    intoResidual = false,
  ): void {
    const outputs = parts.reduce((sum, part) => sum + part, 0);
    this.add(place, "linear", [outputs, inputs], { parts, intoResidual });
    if (bias) this.add(place, "bias", [outputs], { parts, intoResidual });
  }

  protected add(
    { module, part, layer, expert }: Place,
    kind: WeightKind,
    shape: WeightShape,
    { parts = [shape[0]], intoResidual = false }: Partial<Pick<WeightSpec, "parts" | "intoResidual">> = {},
  ): void {
    const name = `${ownerOf({ module, layer, expert })}.${parameterOf(kind)}`;
    this.specs.push({ name, module, layer, expert, part, kind, shape, parts, intoResidual });
  }
}

/** Canonical name of a module of a layer; the experts of a layer have their number at the end. */
const ownerOf = ({ module, layer, expert }: Pick<WeightSpec, "module" | "layer" | "expert">): string => {
  const inLayer = layer === undefined ? module : module.replace("*", `${layer}`);
  return expert === undefined ? inLayer : `${inLayer}.${expert}`;
};
