/** Widths of the parts of recurrent layers, and the bytes of their states. */
import { convolutionStateBytes, recurrenceStateBytes } from "../../compute/ops/recurrent-layers.ts";
import type { RecurrentConfig } from "./config.ts";

export interface RecurrentSizes {
  /** Outputs of the stacked parts of the projection of the input. */
  readonly input: readonly number[];
  /** Channels of the convolution. */
  readonly channels: number;
  /** Heads of the recurrence; 0 without one. */
  readonly heads: number;
  /** State of a head: [keyDim, valueDim]. */
  readonly keyDim: number;
  readonly valueDim: number;
  /** Inputs of the projection of the output. */
  readonly inner: number;
}

export function recurrentSizes(config: RecurrentConfig): RecurrentSizes {
  switch (config.kind) {
    case "delta-net": {
      const { nKeyHead, nValueHead: heads, keyDim, valueDim } = config;
      const inner = heads * valueDim;
      const channels = 2 * nKeyHead * keyDim + inner;
      return { input: [channels, inner], channels, heads, keyDim, valueDim, inner };
    }
    case "mamba": {
      const { nHead: heads, headDim: valueDim, stateDim: keyDim, nGroup } = config;
      const inner = heads * valueDim;
      const channels = inner + 2 * nGroup * keyDim;
      return { input: [inner + channels + heads], channels, heads, keyDim, valueDim, inner };
    }
    case "short-convolution": {
      const { channels } = config;
      return { input: [3 * channels], channels, heads: 0, keyDim: 0, valueDim: 0, inner: channels };
    }
  }
}

/** Bytes of the state of a layer: that of its convolution, then that of its recurrence. */
export function layerStateBytes(config: RecurrentConfig): number {
  const { channels, heads, keyDim, valueDim } = recurrentSizes(config);
  return convolutionStateBytes(channels, config.taps) + recurrenceStateBytes(heads, keyDim, valueDim);
}
