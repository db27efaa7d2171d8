/** The trained weights of a model as the tensors of a file, to be sent and taken between two steps. */
import { readSafetensors } from "../../checkpoint/safetensors.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { OptimizerOps } from "../../compute/training/optimizer-ops.ts";
import { matrixNamed } from "../../weights/load.ts";
import type { OpenWeights } from "../../weights/open.ts";
import { storedIn } from "../../weights/stored-in.ts";
import { joinSlices, tensorsToWrite } from "../../weights/tensor-writer.ts";
import type { Parameter } from "../parameters.ts";

/** Counts of updates. */
export interface Progress {
  step: number;
  /** Updates before the moments began. */
  since: number;
}

export class TrainedTensors {
  readonly #open: OpenWeights;
  readonly #parameters: readonly Parameter[];
  readonly #progress: Progress;

  constructor(open: OpenWeights, parameters: readonly Parameter[], progress: Progress) {
    this.#open = open;
    this.#parameters = parameters;
    this.#progress = progress;
  }

  /** In F32, as the checkpoint of the model stores them. */
  list(): TensorToWrite[] {
    const { packing } = this.#open;
    return joinSlices(
      this.#parameters.flatMap(({ stored, value }) => tensorsToWrite(packing, "", stored, value)),
    );
  }

  /**
   * Replaces the weights, one after the other, by those of a file with the same tensors. Moments stay: those of
   * a trainer without an update begin there.
   *
   * @param step number of updates that the model has then
   * @throws GptError `not-found` for a missing file, `invalid-file` for one of another model. Weights may
   *   then be of both
   */
  async take(path: string, step: number): Promise<void> {
    const tensors = await readSafetensors(path);
    const places = this.#parameters.map(({ stored }) => storedIn(tensors, path, stored));
    const ops = new OptimizerOps(this.#open.runtime, this.#open.threads);
    for (const [i, { value }] of this.#parameters.entries()) {
      using place = this.#open.beside();
      const own = places.slice(i, i + 1);
      const loaded = await place.load(own, () => "f32");
      for (const { spec } of own) ops.copy(value, matrixNamed(loaded, spec.name));
    }
    if (this.#progress.step === 0) this.#progress.since = step;
    this.#progress.step = step;
  }
}
