/**
 * Operations that remember how to differentiate themselves: each puts its backward half on a tape (Wengert 1964), which is run
 * from its end to its beginning. The decoder is written in operations, so one forward serves inference and training.
 *
 * The segments of a batch must be whole sequences: attention's backward half finds their keys and values in the batch.
 */

import type { Batch } from "../batch.ts";
import type { Mark } from "../memory/scratch.ts";
import type { Heads, RotaryTable } from "../ops/attention-ops.ts";
import type { Activation } from "../ops/kernel-ops.ts";
import { Ops } from "../ops/kernel-ops.ts";
import type { Runtime } from "../runtime.ts";
import type { Indices, Matrix, Tensor } from "../tensor.ts";
import { dimensions, elements, expectShape } from "../tensor.ts";
import { type DropoutPass, type DropoutRule, dropoutRule } from "./dropout.ts";
import { GradientOps, type NormRows, type WeightGradients } from "./gradient-ops.ts";
import { Gradients } from "./gradients.ts";

/** A result and what is to be done with its gradient, which is then no longer needed. */
interface Entry {
  readonly out: Tensor;
  readonly backward: (gradient: Tensor) => void;
}

/** Of operations without weights. */
const NOTHING: WeightGradients = { weight: 0, bias: 0 };

/** Weights, and what their gradient is added to. */
export interface Trained {
  readonly value: Matrix;
  readonly gradient: Matrix;
}

/** A place on the tape, and the scratch memory that was in use then. */
export interface TapeMark {
  readonly entries: number;
  readonly scratch: Mark;
}

export class RecordingOps extends Ops {
  /** Address of the gradient of weights by their own address. */
  readonly #gradientOf: ReadonlyMap<number, number>;
  readonly #backward: GradientOps;
  readonly #gradients: Gradients;
  readonly #tape: Entry[] = [];
  /** Tensors that some weight with a gradient went into: the others need no backward pass. */
  readonly #trained = new Set<Tensor>();
  #dropout: DropoutPass | undefined;
  #sites = 0;

  /** @param trained weights that are not among them are left as they are */
  constructor(runtime: Runtime, threads: number, trained: readonly Trained[]) {
    super(runtime, threads);
    this.#gradientOf = new Map(trained.map(({ value, gradient }) => [value.ptr, gradient.ptr]));
    this.#backward = new GradientOps(runtime, threads);
    this.#gradients = new Gradients(runtime, this.#backward);
  }

  /** Begins a pass over a batch, with dropout by this rule. */
  begin(dropout: DropoutPass | undefined): void {
    this.#dropout = dropout;
    this.#sites = 0;
  }

  mark(): TapeMark {
    return { entries: this.#tape.length, scratch: this.runtime.scratch.mark() };
  }

  /**
   * Runs the tape back to the mark and releases the memory that was taken since.
   *
   * @param pause awaited between operations; it may throw to abort
   */
  async backward(mark: TapeMark, pause: () => Promise<void>): Promise<void> {
    while (this.#tape.length > mark.entries) {
      const entry = this.#tape.pop();
      const gradient = entry && this.#gradients.take(entry.out);
      if (gradient) entry.backward(gradient);
      await pause();
    }
    this.runtime.scratch.release(mark.scratch);
  }

  /** Forgets what was recorded since the mark and all gradients of activations, and releases their memory. */
  reset(mark: TapeMark): void {
    this.#tape.length = mark.entries;
    this.#trained.clear();
    this.#gradients.free();
    this.runtime.scratch.release(mark.scratch);
  }

  /**
   * Cross-entropy of every row, in nats, whose sum times `scale` is what the tape differentiates. The logits become its
   * gradient.
   *
   * @param targets class of each row, or NO_TARGET
   */
  crossEntropy(logits: Tensor, targets: readonly number[], smoothing: number, scale: number): Float32Array {
    const losses = this.#backward.crossEntropy(logits, targets, smoothing, scale);
    this.#give(logits, logits);
    return losses;
  }

  override embedding(table: Matrix, ids: Indices): Tensor {
    const targets = this.#targets(table);
    return this.#record(super.embedding(table, ids), [], targets, (gradient) => {
      this.#backward.embedding(targets.weight, gradient, ids);
      this.#gradients.release(gradient);
    });
  }

  override linear(x: Tensor, weight: Matrix, bias?: Tensor): Tensor {
    const targets = this.#targets(weight, bias);
    return this.#record(super.linear(x, weight, bias), [x], targets, (gradient) => {
      this.#linearBackward(x, weight, targets, gradient);
    });
  }

  override addLinear(out: Tensor, x: Tensor, weight: Matrix, first: number, scale: number): void {
    super.addLinear(out, x, weight, first, scale);
    const wasTrained = this.#trained.has(out);
    const targets = this.#targets(weight);
    this.#record(out, [out, x], targets, (gradient) => {
      const own = this.#gradients.allocate(dimensions(x)[0], weight.outputs);
      this.#backward.columns(own, gradient, first, scale);
      this.#linearBackward(x, weight, targets, own);
      if (wasTrained) this.#gradients.give(out, gradient);
      else this.#gradients.release(gradient);
    });
  }

  override layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
    const targets = this.#targets(weight, bias);
    return this.#record(super.layerNorm(x, weight, bias, epsilon), [x], targets, (gradient) => {
      this.#backward.norm(gradient, x, weight, targets, wholeRows(x), epsilon, true);
      this.#give(x, gradient);
    });
  }

  override rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
    const targets = this.#targets(weight);
    return this.#record(super.rmsNorm(x, weight, epsilon), [x], targets, (gradient) => {
      this.#backward.norm(gradient, x, weight, targets, wholeRows(x), epsilon, false);
      this.#give(x, gradient);
    });
  }

  override rmsNormHeads(x: Tensor, first: number, count: number, weight: Tensor, epsilon: number): void {
    const [rows, groupStride] = dimensions(x);
    const before = this.tensor(...x.shape);
    this.#backward.copy(before, x);
    super.rmsNormHeads(x, first, count, weight, epsilon);
    const width = elements(weight.shape);
    const heads = { rows: rows * count, width, groupSize: count, groupStride, offset: first * width };
    const targets = this.#targets(weight);
    this.#record(x, [x], targets, (gradient) => {
      this.#backward.norm(gradient, before, weight, targets, heads, epsilon, false);
      this.#give(x, gradient);
    });
  }

  override rope(qkv: Tensor, table: RotaryTable, batch: Batch, heads: Heads): void {
    super.rope(qkv, table, batch, heads);
    this.#record(qkv, [qkv], NOTHING, (gradient) => {
      super.rope(gradient, table, batch, heads, -1);
      this.#give(qkv, gradient);
    });
  }

  /** All layers use the place of the first: nothing but the attention that follows reads it. */
  override storeKeysValues(qkv: Tensor, batch: Batch, _layer: number, heads: Heads): void {
    super.storeKeysValues(qkv, batch, 0, heads);
  }

  override attention(qkv: Tensor, batch: Batch, _layer: number, heads: Heads): Tensor {
    const rule = this.#nextRule();
    return this.#record(super.attention(qkv, batch, 0, heads, rule), [qkv], NOTHING, (gradient) => {
      const dqkv = this.#gradients.allocate(...qkv.shape);
      this.#backward.attention(dqkv, gradient, qkv, batch, heads, rule);
      this.#gradients.release(gradient);
      this.#give(qkv, dqkv);
    });
  }

  override activation(activation: Activation, x: Tensor): Tensor {
    return this.#record(super.activation(activation, x), [x], NOTHING, (gradient) => {
      this.#backward.activation(activation, gradient, x);
      this.#give(x, gradient);
    });
  }

  override swiglu(x: Tensor): Tensor {
    return this.#record(super.swiglu(x), [x], NOTHING, (gradient) => {
      const dx = this.#gradients.allocate(...x.shape);
      this.#backward.swiglu(dx, gradient, x);
      this.#gradients.release(gradient);
      this.#give(x, dx);
    });
  }

  /** Not in the place of a, which the backward pass may need. */
  override add(a: Tensor, b: Tensor): Tensor {
    return this.#record(super.add(a, b, this.tensor(...a.shape)), [a, b], NOTHING, (gradient) => {
      if (this.#trained.has(b)) this.#gradients.share(b, gradient);
      this.#give(a, gradient);
    });
  }

  /** Drops elements of x where it lies. */
  override dropout(x: Tensor): Tensor {
    const rule = this.#nextRule();
    if (rule === undefined) return x;
    this.#backward.dropout(x, rule);
    return this.#record(x, [x], NOTHING, (gradient) => {
      this.#backward.dropout(gradient, rule);
      this.#give(x, gradient);
    });
  }

  override dropped(x: Tensor, rate: number): Tensor {
    const rule = this.#nextRule(rate);
    if (rule === undefined) return x;
    const out = this.tensor(...x.shape);
    this.#backward.copy(out, x);
    this.#backward.dropout(out, rule);
    return this.#record(out, [x], NOTHING, (gradient) => {
      this.#backward.dropout(gradient, rule);
      this.#give(x, gradient);
    });
  }

  /** All but the last rows of x are to be whole groups of four elements, in which gradients are added. */
  override rows(x: Tensor, first: number, count: number): Tensor {
    const [rows, width] = dimensions(x);
    expectShape(
      (count * width) % 4 === 0 || first + count === rows,
      () => `rows: ${count} of ${width} elements`,
    );
    return this.#record(super.rows(x, first, count), [x], NOTHING, (gradient) => {
      const whole = this.#gradients.take(x) ?? this.#zeros(x.shape);
      this.#backward.accumulate(super.rows(whole, first, count), gradient);
      this.#gradients.release(gradient);
      this.#give(x, whole);
    });
  }

  /** What `work` makes of x. It does not take the place of x, which the backward pass needs. */
  override update(_x: Tensor, work: () => Tensor): Tensor {
    return work();
  }

  /** @param inputs tensors that the result was made of, beside weights with these gradients */
  #record(
    out: Tensor,
    inputs: readonly Tensor[],
    { weight, bias }: WeightGradients,
    backward: Entry["backward"],
  ): Tensor {
    if (weight + bias > 0 || inputs.some((input) => this.#trained.has(input))) {
      this.#trained.add(out);
      this.#tape.push({ out, backward });
    }
    return out;
  }

  /** The gradients of a product's weights and input; that of its output is no longer the caller's. */
  #linearBackward(x: Tensor, weight: Matrix, targets: WeightGradients, gradient: Tensor): void {
    if (targets.weight + targets.bias > 0) this.#backward.linearWeights(targets, gradient, x);
    if (this.#trained.has(x)) {
      const dx = this.#gradients.allocate(...x.shape);
      this.#backward.linearInput(dx, gradient, weight);
      this.#gradients.give(x, dx);
    }
    this.#gradients.release(gradient);
  }

  /** Adds to the gradient of x, where one is needed; the buffer is no longer the caller's. */
  #give(x: Tensor, gradient: Tensor): void {
    if (this.#trained.has(x)) this.#gradients.give(x, gradient);
    else this.#gradients.release(gradient);
  }

  #targets(weight: { ptr: number }, bias?: { ptr: number }): WeightGradients {
    const address = (weights: { ptr: number } | undefined) => this.#gradientOf.get(weights?.ptr ?? 0) ?? 0;
    return { weight: address(weight), bias: address(bias) };
  }

  /** The rule of the next place where something may be dropped; undefined where nothing is. */
  #nextRule(rate = this.#dropout?.rate ?? 0): DropoutRule | undefined {
    const site = this.#sites++;
    return this.#dropout && rate > 0
      ? dropoutRule(this.runtime, { ...this.#dropout, rate }, site)
      : undefined;
  }

  #zeros(shape: readonly number[]): Tensor {
    const zeros = this.#gradients.allocate(...shape);
    this.runtime.memory.f32(zeros.ptr, elements(shape)).fill(0);
    return zeros;
  }
}

function wholeRows(x: Tensor): NormRows {
  const [rows, width] = dimensions(x);
  return { rows, width, groupSize: 1, groupStride: width, offset: 0 };
}
