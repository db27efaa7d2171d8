/**
 * Outputs of a head for the rows of a micro-batch, in chunks of rows: with a large vocabulary the outputs of
 * all rows would not fit in memory.
 */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Runtime } from "../../compute/runtime.ts";
import { dimensions, type Tensor } from "../../compute/tensor.ts";
import type { GradientOps } from "../../compute/training/gradient-ops.ts";
import type { RecordingOps } from "../../compute/training/recording-ops.ts";
import type { Tape } from "../../compute/training/tape.ts";
import { logits } from "../../model/decoder.ts";
import type { Head } from "../../model/modules.ts";

/** Bytes of the outputs of a chunk. With a large vocabulary their product takes a tenth of a second. */
export const OUTPUT_BYTES = 32 << 20;
/** Whole tiles of the matrix product in both builds. */
const ROW_MULTIPLE = 12;

export interface RowsOf {
  readonly runtime: Runtime;
  readonly ops: Ops;
  readonly gradients: GradientOps;
  /** Last hidden states of the micro-batch, (T, C). */
  readonly hidden: Tensor;
  readonly head: Head;
  /** Awaited between chunks; it may throw to abort. */
  readonly pause: () => Promise<void>;
}

/** Rows without a gradient. */
export class HeadRows {
  readonly gradients: GradientOps;
  protected readonly of: RowsOf;

  constructor(of: RowsOf) {
    this.of = of;
    this.gradients = of.gradients;
  }

  /**
   * Calls `work` with the outputs of one chunk after the other, (rows, outputs). It may overwrite them.
   *
   * @param work `first` is the number of the first row of the chunk
   */
  async read(work: (outputs: Tensor, first: number) => void): Promise<void> {
    const { runtime, ops, hidden, head, pause } = this.of;
    for (const { first, count } of this.chunks()) {
      const mark = runtime.scratch.mark();
      work(logits(ops, head, ops.rows(hidden, first, count)), first);
      runtime.scratch.release(mark);
      await pause();
    }
  }

  /** A copy of each row of outputs. */
  rowsOf(outputs: Tensor): Float32Array[] {
    const [rows, width] = dimensions(outputs);
    const values = this.of.ops.view(outputs);
    return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
  }

  protected *chunks(): Generator<{ readonly first: number; readonly count: number }> {
    const [rows] = dimensions(this.of.hidden);
    const fitting = Math.floor(OUTPUT_BYTES / (4 * this.of.head.weight.outputs));
    const step = Math.max(1, Math.floor(fitting / ROW_MULTIPLE)) * ROW_MULTIPLE;
    for (let first = 0; first < rows; first += step) yield { first, count: Math.min(step, rows - first) };
  }
}

/** Rows whose gradient flows back into the model. */
export class TrainedRows extends HeadRows {
  readonly #tape: Tape;
  readonly #recording: RecordingOps;
  readonly #dropout: number;

  /** @param dropout probability that an element of the head's input is dropped */
  constructor(of: RowsOf, tape: Tape, recording: RecordingOps, dropout: number) {
    super(of);
    this.#tape = tape;
    this.#recording = recording;
    this.#dropout = dropout;
  }

  /** Adds the gradient of the load-balancing loss of all routers, times the factor. Returns the loss. */
  balanceLoads(factor: number): number {
    return this.#recording.balanceLoads(factor);
  }

  /** As `read`, but `work` replaces the outputs by the gradient of the loss with respect to them. */
  async differentiate(work: (outputs: Tensor, first: number) => void): Promise<void> {
    const { hidden, head, pause } = this.of;
    const [tape, ops] = [this.#tape, this.#recording];
    for (const { first, count } of this.chunks()) {
      const mark = tape.mark();
      const rows = ops.dropped(ops.rows(hidden, first, count), this.#dropout);
      const outputs = logits(ops, head, rows);
      work(outputs, first);
      tape.begins(outputs);
      await tape.backward(mark, pause);
    }
  }
}
