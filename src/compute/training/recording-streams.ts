/** Operations of parallel residual streams, with their backward halves on a tape. */
import { dimensions, type Tensor } from "../tensor.ts";
import { NO_WEIGHTS } from "./recording-elements.ts";
import { RecordingRecurrent } from "./recording-recurrent.ts";

export abstract class RecordingStreams extends RecordingRecurrent {
  override sideBySide(parts: readonly Tensor[]): Tensor {
    const { tape } = this;
    return tape.record(super.sideBySide(parts), parts, NO_WEIGHTS, (gradient) => {
      let first = 0;
      for (const part of parts) {
        const dpart = tape.takeWhole(part);
        const [, width] = dimensions(part);
        tape.ops.addColumns(dpart, 0, gradient, first, width);
        tape.give(part, dpart);
        first += width;
      }
      tape.release(gradient);
    });
  }

  override matchMagnitude(y: Tensor, x: Tensor): Tensor {
    const { tape } = this;
    const before = this.#copy(y);
    super.matchMagnitude(y, x);
    return tape.record(y, [y, x], NO_WEIGHTS, (gradient) => {
      const dx = tape.takeWhole(x);
      tape.ops.matchMagnitude(gradient, dx, before, x);
      tape.give(x, dx);
      tape.give(y, gradient);
    });
  }

  override mixStreams(x: Tensor, weights: Tensor): Tensor {
    const { tape } = this;
    return tape.record(super.mixStreams(x, weights), [x, weights], NO_WEIGHTS, (gradient) => {
      const [dx, dweights] = [tape.allocate(...x.shape), tape.allocate(...weights.shape)];
      tape.ops.mixStreams(dx, dweights, gradient, x, weights);
      tape.release(gradient);
      tape.give(x, dx);
      tape.give(weights, dweights);
    });
  }

  override addToStreams(streams: Tensor, x: Tensor, first: number, weights?: Tensor): Tensor {
    const { tape } = this;
    super.addToStreams(streams, x, first, weights);
    const inputs = weights ? [streams, x, weights] : [streams, x];
    return tape.record(streams, inputs, NO_WEIGHTS, (gradient) => {
      const dx = tape.allocate(...x.shape);
      const dweights = weights && tape.allocate(...weights.shape);
      tape.ops.addToStreams(dx, dweights, gradient, x, first, weights);
      tape.give(x, dx);
      if (weights && dweights) tape.give(weights, dweights);
      tape.give(streams, gradient);
    });
  }

  override sparsify(x: Tensor, width: number, deviations: number): Tensor {
    const { tape } = this;
    const before = this.#copy(x);
    super.sparsify(x, width, deviations);
    return tape.record(x, [x], NO_WEIGHTS, (gradient) => {
      tape.ops.sparsify(gradient, before, width, deviations);
      tape.give(x, gradient);
    });
  }

  #copy(x: Tensor): Tensor {
    const copy = this.tape.ops.like(x);
    this.tape.ops.copy(copy, x);
    return copy;
  }
}
