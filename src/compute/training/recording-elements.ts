/** Operations on elements, with their backward halves on a tape: activations, sums, products, dropout. */
import type { Activation, Ops } from "../ops/ops.ts";
import { OpsDecorator } from "../ops/ops-decorator.ts";
import type { Tensor } from "../tensor.ts";
import type { WeightGradients } from "./product-gradients.ts";
import type { Tape } from "./tape.ts";

/** Of operations without weights. */
export const NO_WEIGHTS: WeightGradients = { weight: 0, bias: 0 };

export abstract class RecordingElements extends OpsDecorator {
  protected readonly tape: Tape;

  constructor(tape: Tape, inner: Ops) {
    super(inner);
    this.tape = tape;
  }

  override activation(activation: Activation, x: Tensor, name?: string): Tensor {
    const tape = this.tape;
    const active = super.activation(activation, x, name);
    if (activation === "clamped_swiglu") return active; // an error, above
    return tape.record(active, [x], NO_WEIGHTS, (gradient) => {
      tape.ops.activation(activation, gradient, x);
      tape.give(x, gradient);
    });
  }

  override gated(activation: Activation, x: Tensor, name?: string): Tensor {
    const tape = this.tape;
    return tape.record(super.gated(activation, x, name), [x], NO_WEIGHTS, (gradient) => {
      const dx = tape.allocate(...x.shape);
      tape.ops.gated(activation, dx, gradient, x);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override scale(x: Tensor, factor: number): Tensor {
    if (factor === 1) return x;
    const tape = this.tape;
    return tape.record(super.scale(x, factor), [x], NO_WEIGHTS, (gradient) => {
      tape.ops.scale(gradient, factor);
      tape.give(x, gradient);
    });
  }

  override softCap(x: Tensor, cap: number | undefined): Tensor {
    if (cap === undefined) return x;
    const tape = this.tape;
    const capped = super.softCap(x, cap);
    // The gradient of the logits takes their place, so the slope is read from a copy.
    const before = tape.ops.like(capped);
    tape.ops.copy(before, capped);
    return tape.record(capped, [x], NO_WEIGHTS, (gradient) => {
      tape.ops.softCap(gradient, before, cap);
      tape.give(x, gradient);
    });
  }

  override multiply(x: Tensor, y: Tensor, first = 0): Tensor {
    const tape = this.tape;
    const before = tape.ops.like(x);
    tape.ops.copy(before, x);
    super.multiply(x, y, first);
    const wasDependent = tape.isDependent(x);
    const targets = y.shape[0] === 1 ? tape.gradientsOf(y) : NO_WEIGHTS;
    return tape.record(x, [x, y], targets, (gradient) => {
      if (targets.weight > 0) tape.ops.addRowProducts(targets.weight, gradient, before);
      if (tape.isDependent(y)) {
        const dy = tape.takeWhole(y);
        tape.ops.addProduct(dy, gradient, before, first);
        tape.give(y, dy);
      }
      if (wasDependent) {
        tape.ops.multiply(gradient, y, first);
        tape.give(x, gradient);
      } else tape.release(gradient);
    });
  }

  override rescale(
    y: Tensor,
    first: number,
    magnitudes: Tensor,
    lengths: Tensor,
    bias: Tensor | undefined,
  ): void {
    const tape = this.tape;
    const before = tape.ops.columnsWithout(y, first, magnitudes.shape[0] ?? 0, bias);
    super.rescale(y, first, magnitudes, lengths, bias);
    const targets = tape.gradientsOf(magnitudes);
    tape.record(y, [y], targets, (gradient) => {
      tape.ops.rescale(gradient, before, first, magnitudes, lengths, targets.weight);
      tape.give(y, gradient);
    });
  }

  override add(x: Tensor, y: Tensor, out = this.tape.ops.like(x)): Tensor {
    return this.#recordSum(super.add(x, y, out), x, y);
  }

  override residual(name: string, x: Tensor, y: Tensor, out = this.tape.ops.like(x)): Tensor {
    return this.#recordSum(super.residual(name, x, y, out), x, y);
  }

  override recomputed(x: Tensor, work: () => Tensor): Tensor {
    return this.tape.recomputed(x, work);
  }

  override dropout(x: Tensor): Tensor {
    const tape = this.tape;
    const rule = tape.nextRule();
    if (rule === undefined) return x;
    tape.ops.dropout(x, rule);
    return tape.record(x, [x], NO_WEIGHTS, (gradient) => {
      tape.ops.dropout(gradient, rule);
      tape.give(x, gradient);
    });
  }

  override dropped(x: Tensor, rate: number): Tensor {
    const tape = this.tape;
    const rule = tape.nextRule(rate);
    if (rule === undefined) return x;
    const out = tape.ops.like(x);
    tape.ops.copy(out, x);
    tape.ops.dropout(out, rule);
    return tape.record(out, [x], NO_WEIGHTS, (gradient) => {
      tape.ops.dropout(gradient, rule);
      tape.give(x, gradient);
    });
  }

  #recordSum(out: Tensor, x: Tensor, y: Tensor): Tensor {
    const tape = this.tape;
    return tape.record(out, [x, y], NO_WEIGHTS, (gradient) => {
      tape.share(y, gradient);
      tape.give(x, gradient);
    });
  }
}
