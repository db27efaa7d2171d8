/** Operations of recurrent layers and gates, with their backward halves on a tape. */
import type { Batch } from "../batch.ts";
import type { Convolution, Recurrence, RecurrenceGates, StatePlace } from "../ops/recurrent-layers.ts";
import type { Tensor } from "../tensor.ts";
import { NO_WEIGHTS } from "./recording-elements.ts";
import { RecordingLatent } from "./recording-latent.ts";

/** Number of the place in the caches that all recurrent layers share, after that of attention. */
const STATE_PLACE = 1;

/** The state of a layer is never read again: a sequence is whole. */
const placed = <T extends StatePlace>(layer: T): T => ({ ...layer, layer: STATE_PLACE });

export abstract class RecordingRecurrent extends RecordingLatent {
  override columns(x: Tensor, first: number, count: number): Tensor {
    const { tape } = this;
    return tape.record(super.columns(x, first, count), [x], NO_WEIGHTS, (gradient) => {
      const dx = tape.takeWhole(x);
      tape.ops.addColumns(dx, first, gradient, 0, count);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override withoutColumns(x: Tensor, first: number, count: number): Tensor {
    const { tape } = this;
    return tape.record(super.withoutColumns(x, first, count), [x], NO_WEIGHTS, (gradient) => {
      const dx = tape.takeWhole(x);
      tape.ops.addWithoutColumns(dx, gradient, first, count);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override gate(x: Tensor, y: Tensor, first: number, activation: "silu" | "sigmoid"): Tensor {
    const { tape } = this;
    const before = tape.ops.like(x);
    tape.ops.copy(before, x);
    super.gate(x, y, first, activation);
    return tape.record(x, [x, y], NO_WEIGHTS, (gradient) => {
      const dy = tape.takeWhole(y);
      tape.ops.gate(gradient, dy, before, y, first, activation);
      tape.give(y, dy);
      tape.give(x, gradient);
    });
  }

  override convolution(x: Tensor, first: number, convolution: Convolution, batch: Batch): Tensor {
    const { tape } = this;
    const targets = tape.gradientsOf(convolution.weight, convolution.bias);
    const out = super.convolution(x, first, placed(convolution), batch);
    return tape.record(out, [x], targets, (gradient) => {
      const dx = tape.takeWhole(x);
      tape.ops.convolution(dx, gradient, x, first, convolution, targets, batch);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override recurrenceGates(
    x: Tensor,
    first: number,
    beta: number | undefined,
    gates: RecurrenceGates,
  ): Tensor {
    const { tape } = this;
    const targets = tape.gradientsOf(gates.rate, gates.bias);
    return tape.record(super.recurrenceGates(x, first, beta, gates), [x], targets, (gradient) => {
      const dx = tape.takeWhole(x);
      tape.ops.recurrenceGates(dx, gradient, x, first, beta, gates, targets);
      tape.release(gradient);
      tape.give(x, dx);
    });
  }

  override recurrence(x: Tensor, gates: Tensor, recurrence: Recurrence, batch: Batch): Tensor {
    const { tape } = this;
    const { skip } = recurrence;
    const targets = skip ? tape.gradientsOf(skip) : NO_WEIGHTS;
    const out = super.recurrence(x, gates, placed(recurrence), batch);
    return tape.record(out, [x, gates], targets, (gradient) => {
      const [dx, dgates] = [tape.allocate(...x.shape), tape.allocate(...gates.shape)];
      tape.ops.recurrence(dx, dgates, gradient, x, gates, recurrence, targets.weight, batch);
      tape.release(gradient);
      tape.give(x, dx);
      tape.give(gates, dgates);
    });
  }
}
