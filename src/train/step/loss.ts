/** The losses of a micro-batch and their gradient: a forward pass, the heads, a backward pass. */
import type { Ops } from "../../compute/ops/ops.ts";
import type { Runtime } from "../../compute/runtime.ts";
import type { Tensor } from "../../compute/tensor.ts";
import type { DropoutPass } from "../../compute/training/dropout.ts";
import { FloatOps } from "../../compute/training/float-ops.ts";
import { GradientOps } from "../../compute/training/gradient-ops.ts";
import { RecordingOps } from "../../compute/training/recording-ops.ts";
import { Tape, type Trained } from "../../compute/training/tape.ts";
import type { Decoder, Head } from "../../model/modules.ts";
import type { Sequence } from "../examples.ts";
import type { Objective } from "../objectives/objective.ts";
import { HeadRows, type RowsOf, TrainedRows } from "./head-rows.ts";
import { WholePass } from "./whole-pass.ts";

export class Loss {
  readonly #runtime: Runtime;
  readonly #decoder: Decoder;
  readonly #ops: Ops;
  readonly #gradientOps: GradientOps;
  readonly #tape: Tape;
  readonly #recomputes: boolean;

  /**
   * @param trained weights with gradients
   * @param recomputes whether the pass back computes the blocks again instead of reading what they have kept
   */
  constructor(
    runtime: Runtime,
    threads: number,
    decoder: Decoder,
    trained: readonly Trained[],
    recomputes = false,
  ) {
    this.#runtime = runtime;
    this.#recomputes = recomputes;
    this.#decoder = decoder;
    this.#ops = new FloatOps(runtime, threads);
    this.#gradientOps = new GradientOps(runtime, threads);
    this.#tape = new Tape(runtime, threads, trained);
  }

  /**
   * Adds the gradient of the objectives to the weights' gradients.
   *
   * @returns the sum of the losses of each objective
   * @param pause awaited often; it may throw to abort, and some gradients are then added and others not
   */
  async differentiate(
    sequences: readonly Sequence[],
    objectives: readonly Objective[],
    dropout: DropoutPass | undefined,
    pause: () => Promise<void>,
  ): Promise<number[]> {
    const tape = this.#tape;
    const recording = new RecordingOps(tape, this.#ops);
    const start = tape.mark();
    tape.begin(dropout, this.#recomputes);
    try {
      using pass = new WholePass(this.#runtime, recording, this.#decoder, true, pause);
      const hidden = await pass.run(sequences);
      const sums: number[] = [];
      for (const objective of objectives) {
        const of = this.#rowsOf(hidden, objective.head, pause);
        const rows = new TrainedRows(of, tape, recording, objective.dropout);
        sums.push(await objective.differentiate(rows, sequences));
      }
      await tape.backward(start, pause);
      return sums;
    } finally {
      tape.reset(start);
    }
  }

  /** The result of `work` with the outputs of a head, without dropout. */
  async measure<T>(
    sequences: readonly Sequence[],
    head: Head,
    work: (rows: HeadRows) => Promise<T>,
    pause: () => Promise<void>,
  ): Promise<T> {
    const { scratch } = this.#runtime;
    const start = scratch.mark();
    try {
      using pass = new WholePass(this.#runtime, this.#ops, this.#decoder, false, pause);
      return await work(new HeadRows(this.#rowsOf(await pass.run(sequences), head, pause)));
    } finally {
      scratch.release(start);
    }
  }

  #rowsOf(hidden: Tensor, head: Head, pause: () => Promise<void>): RowsOf {
    return { runtime: this.#runtime, ops: this.#ops, gradients: this.#gradientOps, hidden, head, pause };
  }
}
