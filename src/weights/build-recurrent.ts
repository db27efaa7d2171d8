/** Builds the recurrent layer of a block. */
import {
  type Convolution,
  convolutionStateBytes,
  type RecurrenceGates,
} from "../compute/ops/recurrent-layers.ts";
import type { HeadsNorm } from "../model/linear.ts";
import type {
  DeltaNetConfig,
  MambaConfig,
  RecurrentConfig,
  ShortConvolutionConfig,
} from "../model/recurrent/config.ts";
import type { DeltaNet, Mamba, RecurrentLayer, ShortConvolution } from "../model/recurrent/modules.ts";
import { recurrentSizes } from "../model/recurrent/sizes.ts";
import { RECURRENT_MODULES } from "../model/recurrent/weights.ts";
import type { ModuleBuilder } from "./module-builder.ts";

/** Keeps the lengths of queries and keys above zero. */
const UNIT_EPSILON = 1e-6;

/**
 * @param block name of the block, such as `blocks.3`
 * @param layer its number
 */
export function buildRecurrent(
  modules: ModuleBuilder,
  block: string,
  layer: number,
  config: RecurrentConfig,
): RecurrentLayer {
  const builder = new RecurrentBuilder(modules, `${block}.${RECURRENT_MODULES[config.kind]}`, layer);
  switch (config.kind) {
    case "delta-net":
      return builder.deltaNet(config);
    case "mamba":
      return builder.mamba(config);
    case "short-convolution":
      return builder.shortConvolution(config);
  }
}

class RecurrentBuilder {
  readonly #modules: ModuleBuilder;
  readonly #name: string;
  readonly #layer: number;

  constructor(modules: ModuleBuilder, name: string, layer: number) {
    this.#modules = modules;
    this.#name = name;
    this.#layer = layer;
  }

  deltaNet(config: DeltaNetConfig): DeltaNet {
    const { kind, nKeyHead, nValueHead, keyDim, valueDim, taps, epsilon } = config;
    const { channels } = recurrentSizes(config);
    return {
      kind,
      input: this.#linear("input"),
      steps: this.#linear("steps"),
      convolution: this.#convolution(true),
      queryNorm: this.#unitNorm(keyDim, 1 / Math.sqrt(keyDim), 0, nKeyHead),
      keyNorm: this.#unitNorm(keyDim, 1, nKeyHead, nKeyHead),
      gates: this.#gates(),
      recurrence: {
        name: `${this.#name}.mixed`,
        layer: this.#layer,
        offset: convolutionStateBytes(channels, taps),
        nHead: nValueHead,
        nKeyHead,
        tiled: config.sharing === "tiled",
        keyDim,
        valueDim,
        queries: 0,
        keys: nKeyHead * keyDim,
        values: 2 * nKeyHead * keyDim,
        delta: true,
        skip: undefined,
      },
      outputNorm: { norm: this.#norm(epsilon), first: 0, count: nValueHead },
      output: this.#linear("output"),
    };
  }

  mamba(config: MambaConfig): Mamba {
    const { kind, nHead, headDim, stateDim, nGroup, taps, epsilon } = config;
    const { channels, inner } = recurrentSizes(config);
    return {
      kind,
      input: this.#linear("input"),
      convolution: this.#convolution(true),
      gates: this.#gates(),
      recurrence: {
        name: `${this.#name}.mixed`,
        layer: this.#layer,
        offset: convolutionStateBytes(channels, taps),
        nHead,
        nKeyHead: nGroup,
        tiled: false,
        keyDim: stateDim,
        valueDim: headDim,
        values: 0,
        keys: inner,
        queries: inner + nGroup * stateDim,
        delta: false,
        skip: this.#modules.vector(`${this.#name}.skip.weight`),
      },
      outputNorm: this.#norm(epsilon),
      output: this.#linear("output"),
    };
  }

  shortConvolution({ kind }: ShortConvolutionConfig): ShortConvolution {
    return {
      kind,
      input: this.#linear("input"),
      convolution: this.#convolution(false),
      output: this.#linear("output"),
    };
  }

  #linear(part: string) {
    return this.#modules.linear(`${this.#name}.${part}`);
  }

  #norm(epsilon: number) {
    return this.#modules.presentNorm(`${this.#name}.norm`, { kind: "rmsnorm", epsilon, bias: false });
  }

  #convolution(silu: boolean): Convolution {
    const name = `${this.#name}.convolution`;
    const { weight } = this.#modules.table(name);
    return { name, layer: this.#layer, offset: 0, weight, bias: this.#modules.bias(name), silu };
  }

  #gates(): RecurrenceGates {
    return {
      rate: this.#modules.vector(`${this.#name}.rate.weight`),
      bias: this.#modules.vector(`${this.#name}.step.bias`),
    };
  }

  /** x / sqrt(sum of x^2 + epsilon) * factor, as an RMS norm. */
  #unitNorm(width: number, factor: number, first: number, count: number): HeadsNorm {
    const weight = this.#modules.constant(factor / Math.sqrt(width), width);
    return { norm: { weight, bias: undefined, epsilon: UNIT_EPSILON / width }, first, count };
  }
}
