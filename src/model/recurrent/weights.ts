/** Weights of recurrent layers: a part of the weight table. */
import type { RecurrentConfig } from "./config.ts";
import { recurrentSizes } from "./sizes.ts";

export interface MixerWeight {
  /** Canonical name of its module in a block. */
  readonly module: string;
  readonly kind: "linear" | "norm" | "bias" | "convolution" | "rate";
  readonly shape: readonly [number, number] | readonly [number];
  readonly parts: readonly number[];
  readonly intoResidual: boolean;
  /** Number of its head, for a matrix of one head. */
  readonly head?: number;
}

/** How canonical names call the layers. */
export const RECURRENT_MODULES = {
  "delta-net": "delta_net",
  mamba: "mamba",
  "short-convolution": "short_convolution",
} as const satisfies Readonly<Record<RecurrentConfig["kind"], string>>;

/**
 * In the order of the forward pass: the projections of the input, the convolution, the recurrence, and the
 * projection of the output.
 */
export function recurrentWeights(config: RecurrentConfig, width: number): MixerWeight[] {
  const { input, channels, heads, valueDim, inner } = recurrentSizes(config);
  const weights: MixerWeight[] = [];
  const add = (
    name: string,
    kind: MixerWeight["kind"],
    shape: MixerWeight["shape"],
    parts: readonly number[] = [shape[0]],
  ) => {
    const module = `${RECURRENT_MODULES[config.kind]}.${name}`;
    weights.push({ module, kind, shape, parts, intoResidual: name === "output" });
  };
  const linear = (name: string, parts: readonly number[], inputs: number, bias: boolean) => {
    const outputs = parts.reduce((sum, part) => sum + part, 0);
    add(name, "linear", [outputs, inputs], parts);
    if (bias) add(name, "bias", [outputs], parts);
  };
  const bias = config.kind !== "delta-net" && config.bias;
  linear("input", input, width, bias);
  if (config.kind === "delta-net") linear("steps", [heads, heads], width, false);
  add("convolution", "convolution", [channels, config.taps]);
  if (config.kind === "mamba" ? config.convolutionBias : bias) add("convolution", "bias", [channels]);
  if (config.kind !== "short-convolution") {
    add("step", "bias", [heads]);
    add("rate", "rate", [heads]);
    if (config.kind === "mamba") add("skip", "norm", [heads]);
    add("norm", "norm", [config.kind === "mamba" ? inner : valueDim]);
  }
  linear("output", [width], inner, bias);
  return weights;
}
