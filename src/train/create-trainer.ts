/** From a checkpoint to a model that can be trained. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { chooseSimd, type Simd } from "../compute/kernels.ts";
import { Region } from "../compute/memory.ts";
import { OptimizerOps } from "../compute/optimizer-ops.ts";
import { Packing } from "../compute/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import { GptError } from "../errors.ts";
import { describeModel } from "../model/families/index.ts";
import { type ResolvedWeight, resolveWeights } from "../model/families/resolve.ts";
import { buildDecoder, loadMatrices } from "../model/loader.ts";
import { chooseContextSize } from "../model/memory-plan.ts";
import { chooseThreads } from "../model/model.ts";
import { findModel } from "../model-path.ts";
import { type ChosenHyperparameters, resolveHyperparameters } from "./hyperparameters.ts";
import { checkTrainingMemory } from "./memory-plan.ts";
import { createParameters, type Matrices, unfrozen, type Weight } from "./parameters.ts";
import { openRun } from "./saved-run.ts";
import { Trainer } from "./trainer.ts";

export interface TrainerOptions extends ChosenHyperparameters {
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
  const resolved = resolveWeights(checkpoint, description);
  const run = resume ? await openRun(checkpoint.path) : undefined;
  const hyperparameters = resolveHyperparameters(given, run?.hyperparameters);
  const trained = unfrozen(resolved, hyperparameters.freeze);
  const saved = run?.momentsOf(trained);
  const threads = chooseThreads(wish);
  const contextSize = chooseContextSize(config, positions);

  const runtime = Runtime.get(chooseSimd(simd));
  checkTrainingMemory(config, trained, contextSize, hyperparameters, runtime.memory.allocated);
  runtime.threads.grow(threads);
  const region = new Region(runtime.memory);
  try {
    const packing = new Packing(runtime, threads, region);
    const load = (weights: readonly ResolvedWeight[]) =>
      loadMatrices(packing, weights, () => "f32", { signal, onProgress });
    const values = await load(resolved);
    const decoder = await buildDecoder(packing, config, values, contextSize);
    const weights = pair(resolved, values);
    const moments = saved && ([await load(saved[0]), await load(saved[1])] as const);
    const parameters = createParameters(
      packing,
      new OptimizerOps(runtime, threads),
      weights.filter(({ stored }) => trained.includes(stored)),
      moments,
    );
    const state = { step: run?.step ?? 0, hyperparameters, data: run?.data ?? null };
    const place = { runtime, threads, contextSize, region };
    return new Trainer({ ...place, decoder, weights, parameters, checkpoint, state });
  } catch (error) {
    region.freeAll();
    throw error;
  }
}

function pair(weights: readonly ResolvedWeight[], values: Matrices): Weight[] {
  return weights.map((stored) => {
    const value = values.get(stored.spec.name);
    if (value === undefined) throw new Error(`no matrix for ${stored.spec.name}`);
    return { stored, value };
  });
}
