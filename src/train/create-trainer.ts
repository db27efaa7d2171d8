/** From a checkpoint to a model that can be trained. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { chooseSimd, type Simd } from "../compute/kernels.ts";
import { Region } from "../compute/memory.ts";
import { OptimizerOps } from "../compute/optimizer-ops.ts";
import { Packing } from "../compute/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import { GptError } from "../errors.ts";
import { describeModel } from "../model/families/index.ts";
import { resolveWeights } from "../model/families/resolve.ts";
import { buildDecoder, loadMatrices } from "../model/loader.ts";
import { chooseContextSize } from "../model/memory-plan.ts";
import { chooseThreads } from "../model/model.ts";
import { findModel } from "../model-path.ts";
import { type Hyperparameters, resolveHyperparameters } from "./hyperparameters.ts";
import { createParameters } from "./parameters.ts";
import { openRun } from "./saved-run.ts";
import { Trainer } from "./trainer.ts";

export interface TrainerOptions extends Partial<Hyperparameters> {
  /** A Hugging Face directory, or a name as for `loadModel`. */
  readonly model: string;
  /** Continue the run that was saved in `model`; its hyperparameters are then the defaults. Default false. */
  readonly resume?: boolean | undefined;
  /** 1 to 64. Default: the cores available to the process, at most 8. */
  readonly threads?: number | undefined;
  /** The longest sequence. Default: the smaller of the model's and 4,096. */
  readonly contextSize?: number | undefined;
  /** Build of the kernels. Default `auto`: relaxed where this Node runs it. */
  readonly simd?: Simd | "auto" | undefined;
  /** Of the loading. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Loads a model to train all its weights, in f32.
 *
 * @throws GptError `not-found` for a model, or a run to resume, that is not there, `invalid-file` for one that is corrupt or
 *   cannot be trained, `resource` for one that does not fit in memory, `usage` for an option out of range; the signal's
 *   reason when it is aborted
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { model, resume = false, threads: wish, contextSize: positions, simd = "auto", ...rest } = options;
  const { signal, onProgress, ...given } = rest;
  const checkpoint = await openCheckpoint(findModel(model));
  if (checkpoint.format === "gguf") {
    const problem = "is a GGUF file, which is not trained: give the Hugging Face directory of the model";
    throw new GptError("invalid-file", `${checkpoint.path}: ${problem}`);
  }
  const description = await describeModel(checkpoint);
  const { config } = description;
  const weights = resolveWeights(checkpoint, description);
  const run = resume ? await openRun(checkpoint.path, weights) : undefined;
  const hyperparameters = resolveHyperparameters(given, run?.hyperparameters);
  const threads = chooseThreads(wish);
  const contextSize = chooseContextSize(config, positions);

  const runtime = Runtime.get(chooseSimd(simd));
  runtime.threads.grow(threads);
  const region = new Region(runtime.memory);
  try {
    const packing = new Packing(runtime, threads, region);
    const load = (stored: typeof weights) =>
      loadMatrices(packing, stored, () => "f32", { signal, onProgress });
    const values = await load(weights);
    const decoder = await buildDecoder(packing, config, values, contextSize);
    const moments = run && ([await load(run.moments[0]), await load(run.moments[1])] as const);
    const ops = new OptimizerOps(runtime, threads);
    const parameters = createParameters(packing, ops, weights, values, moments);
    const state = { step: run?.step ?? 0, hyperparameters, data: run?.data ?? null };
    return new Trainer({ runtime, threads, contextSize, region, decoder, parameters, checkpoint, state });
  } catch (error) {
    region.freeAll();
    throw error;
  }
}
