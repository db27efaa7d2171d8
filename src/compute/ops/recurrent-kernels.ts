/** Operations of recurrent layers and gates, as kernels. In shape comments: T rows, H heads. */
import type { Batch } from "../batch.ts";
import { COPY, TRANSCENDENTAL } from "../kernels/costs.ts";
import { kernels, STATE_COLUMNS } from "../kernels/table.ts";
import { dimensions, elements, expectShape, type Tensor } from "../tensor.ts";
import { AttentionKernels } from "./attention-kernels.ts";
import type { Convolution, Recurrence, RecurrenceGates } from "./recurrent-layers.ts";

export class RecurrentKernels extends AttentionKernels {
  columns(x: Tensor, first: number, count: number): Tensor {
    const [rows, xWidth] = dimensions(x);
    expectShape(first + count <= xWidth, () => `columns: ${first} + ${count} of ${xWidth}`);
    const out = this.tensor(rows, count);
    this.copy(out, 0, x, first, count);
    return out;
  }

  withoutColumns(x: Tensor, first: number, count: number): Tensor {
    const [rows, xWidth] = dimensions(x);
    expectShape(first + count <= xWidth, () => `withoutColumns: ${first} + ${count} of ${xWidth}`);
    const out = this.tensor(rows, xWidth - count);
    this.copy(out, 0, x, 0, first);
    this.copy(out, first, x, first + count, xWidth - first - count);
    return out;
  }

  /** Copies columns of x to the columns of `out` from `to` on. */
  protected copy(out: Tensor, to: number, x: Tensor, first: number, width: number): void {
    const [rows, xWidth] = dimensions(x);
    const [, outWidth] = dimensions(out);
    this.run(kernels.copyColumns, rows, COPY * width, {
      out: out.ptr + to * 4,
      outWidth,
      x: x.ptr + first * 4,
      xWidth,
      width,
    });
  }

  gate(x: Tensor, y: Tensor, first: number, activation: "silu" | "sigmoid"): Tensor {
    const [rows, width] = dimensions(x);
    const [, yWidth] = dimensions(y);
    expectShape(first + width <= yWidth, () => `gate: ${first} + ${width} columns of ${yWidth}`);
    const silu = activation === "silu";
    this.run(kernels.gate, rows, TRANSCENDENTAL * width, {
      x: x.ptr,
      width,
      y: y.ptr + first * 4,
      yWidth,
      silu,
    });
    return x;
  }

  convolution(x: Tensor, first: number, convolution: Convolution, batch: Batch): Tensor {
    const { weight, bias, silu, layer, offset } = convolution;
    const { outputs: channels, inputs: taps } = weight;
    const [rows, stride] = dimensions(x);
    expectShape(first + channels <= stride, () => `convolution: ${first} + ${channels} of ${stride}`);
    const out = this.tensor(rows, channels);
    const segments = batch.bounds.length - 1;
    const cost = (4 * rows * (taps + (silu ? TRANSCENDENTAL : COPY))) / segments;
    this.run(kernels.convolution, segments * Math.ceil(channels / 4), cost, {
      out: out.ptr,
      x: x.ptr + first * 4,
      stride,
      weights: weight.ptr,
      bias: bias?.ptr ?? 0,
      taps,
      channels,
      silu,
      bounds: batch.bounds.ptr,
      states: batch.states.ptr,
      offset: (batch.places.offsets[layer] ?? 0) + offset,
    });
    return out;
  }

  recurrenceGates(x: Tensor, first: number, beta: number | undefined, gates: RecurrenceGates): Tensor {
    const { rate, bias } = gates;
    const [rows, stride] = dimensions(x);
    const heads = elements(rate.shape);
    const out = this.tensor(rows, 2 * heads);
    this.run(kernels.recurrenceGates, rows, 3 * TRANSCENDENTAL * heads, {
      out: out.ptr,
      x: x.ptr + first * 4,
      beta: beta === undefined ? 0 : x.ptr + beta * 4,
      stride,
      bias: bias.ptr,
      rate: rate.ptr,
      heads,
    });
    return out;
  }

  recurrence(x: Tensor, gates: Tensor, recurrence: Recurrence, batch: Batch): Tensor {
    const { nHead, nKeyHead, keyDim, valueDim, keys, queries, values, layer, offset } = recurrence;
    const [rows, stride] = dimensions(x);
    const out = this.tensor(rows, nHead * valueDim);
    const segments = batch.bounds.length - 1;
    const items = segments * nHead * Math.ceil(valueDim / STATE_COLUMNS);
    const cost = (3 * STATE_COLUMNS * keyDim * rows) / segments;
    this.run(kernels.recurrence, items, cost, {
      out: out.ptr,
      x: x.ptr,
      stride,
      keys,
      queries,
      values,
      gates: gates.ptr,
      skip: recurrence.skip?.ptr ?? 0,
      delta: recurrence.delta,
      bounds: batch.bounds.ptr,
      states: batch.states.ptr,
      offset: (batch.places.offsets[layer] ?? 0) + offset,
      heads: nHead,
      keyHeads: nKeyHead,
      tiled: recurrence.tiled,
      keyDim,
      valueDim,
    });
    return out;
  }
}
