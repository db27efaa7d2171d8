/** Gradients of recurrent layers and gates. Shapes: T rows, H heads. Segments of batches are whole sequences. */
import type { Batch } from "../batch.ts";
import { TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, STATE_CHUNK } from "../kernels/table.ts";
import type { Convolution, Recurrence, RecurrenceGates } from "../ops/recurrent-layers.ts";
import { dimensions, expectShape, type Tensor } from "../tensor.ts";
import { AttentionGradients } from "./attention-gradients.ts";
import type { WeightGradients } from "./product-gradients.ts";

/** Passes over the state: two forward, and the one back with its two loops. */
const STATE_PASSES = 12;

export class RecurrentGradients extends AttentionGradients {
  /** `gradient` becomes that of x; that of the gate is added to the columns of `dy` from `first` on. */
  gate(
    gradient: Tensor,
    dy: Tensor,
    x: Tensor,
    y: Tensor,
    first: number,
    activation: "silu" | "sigmoid",
  ): void {
    const [rows, width] = dimensions(x);
    this.run(kernels.gateGradient, rows, 2 * TRANSCENDENTAL * width, {
      gradient: gradient.ptr,
      dgate: dy.ptr + first * 4,
      x: x.ptr,
      width,
      gate: y.ptr + first * 4,
      stride: dimensions(y)[1],
      silu: activation === "silu",
    });
  }

  /** Adds to the columns of dx from `first` on. `gradient` is overwritten. */
  convolution(
    dx: Tensor,
    gradient: Tensor,
    x: Tensor,
    first: number,
    { weight, bias, silu }: Convolution,
    targets: WeightGradients,
    { bounds }: Pick<Batch, "bounds">,
  ): void {
    const { outputs: channels, inputs: taps } = weight;
    const [rows, stride] = dimensions(x);
    this.run(kernels.convolutionGradient, Math.ceil(channels / 4), 4 * rows * (3 * taps + TRANSCENDENTAL), {
      dx: dx.ptr + first * 4,
      dw: targets.weight,
      db: targets.bias,
      gradient: gradient.ptr,
      x: x.ptr + first * 4,
      stride,
      weights: weight.ptr,
      bias: bias?.ptr ?? 0,
      taps,
      channels,
      silu,
      bounds: bounds.ptr,
      segments: bounds.length - 1,
    });
  }

  /** Adds to the columns of dx that steps and decays come from. */
  recurrenceGates(
    dx: Tensor,
    dgates: Tensor,
    x: Tensor,
    first: number,
    beta: number | undefined,
    { rate, bias }: RecurrenceGates,
    targets: WeightGradients,
  ): void {
    const [rows, stride] = dimensions(x);
    const heads = dimensions(dgates)[1] / 2;
    this.run(kernels.recurrenceGatesGradient, heads, 4 * TRANSCENDENTAL * rows, {
      dx: dx.ptr + first * 4,
      dbeta: beta === undefined ? 0 : dx.ptr + beta * 4,
      dbias: targets.bias,
      drate: targets.weight,
      dgates: dgates.ptr,
      x: x.ptr + first * 4,
      beta: beta === undefined ? 0 : x.ptr + beta * 4,
      stride,
      bias: bias.ptr,
      rate: rate.ptr,
      heads,
      rows,
    });
  }

  /**
   * Overwrites dx and dgates.
   *
   * @param dskip address of the gradient of the skip factors, which is added to; 0 if it is not wanted
   */
  recurrence(
    dx: Tensor,
    dgates: Tensor,
    dy: Tensor,
    x: Tensor,
    gates: Tensor,
    layer: Recurrence,
    dskip: number,
    { bounds, longest }: Pick<Batch, "bounds" | "longest">,
  ): void {
    const { nHead, nKeyHead, keyDim, valueDim, keys, queries, values } = layer;
    const [, stride] = dimensions(x);
    const parts = 2 * nKeyHead * keyDim + nHead * valueDim;
    expectShape(stride === parts, () => `recurrence: rows of ${stride} elements have ${parts}`);
    const segments = bounds.length - 1;
    const vectors = 4 * longest + Math.ceil(longest / STATE_CHUNK) + STATE_CHUNK + 2;
    const scratchBytes = vectors * Math.ceil(keyDim / 4) * 16;
    const cost = (STATE_PASSES * longest * keyDim * valueDim * nHead) / nKeyHead;
    this.temporarily(() => {
      const skips = dskip === 0 ? undefined : this.tensor(segments, nHead);
      this.run(kernels.recurrenceGradient, segments * nKeyHead, cost, {
        dx: dx.ptr,
        dgates: dgates.ptr,
        dskip: skips?.ptr ?? 0,
        dout: dy.ptr,
        x: x.ptr,
        stride,
        keys,
        queries,
        values,
        gates: gates.ptr,
        skip: layer.skip?.ptr ?? 0,
        delta: layer.delta,
        bounds: bounds.ptr,
        heads: nHead,
        keyHeads: nKeyHead,
        tiled: layer.tiled,
        keyDim,
        valueDim,
        longest,
        scratch: this.scratch(scratchBytes),
        scratchBytes,
      });
      if (skips) this.addRows(dskip, skips);
    });
  }

  /** x without `count` columns from column `first` on had this gradient: adds it to those of the target. */
  addWithoutColumns(target: Tensor, gradient: Tensor, first: number, count: number): void {
    const [, width] = dimensions(gradient);
    this.addColumns(target, 0, gradient, 0, first);
    this.addColumns(target, first + count, gradient, first, width - first);
  }
}
