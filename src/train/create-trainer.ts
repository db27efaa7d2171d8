/** From a checkpoint to a model that can be trained. */

import { checkProgress, checkValue, flag, objectRule } from "../checks/rules.ts";
import { chooseThreads } from "../compute/choose-threads.ts";
import { chooseSimd, type Simd } from "../compute/kernels/kernels.ts";
import { Arena } from "../compute/memory/arena.ts";
import { Packing } from "../compute/packing/packing.ts";
import { Runtime } from "../compute/runtime.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { refuseUnsupported } from "../model/supported.ts";
import { HEAD } from "../model/weights.ts";
import { lowRanksOf } from "../weights/adapters/low-rank.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { loadMatrices, matrixNamed } from "../weights/load.ts";
import { chooseContextSize } from "../weights/memory-plan.ts";
import type { StoredWeight } from "../weights/resolve.ts";
import { drawAdapter } from "./adapter/lora.ts";
import type { TrainedAdapter } from "./adapter/trained-adapter.ts";
import { drawHead } from "./classification.ts";
import type { ChosenHyperparameters } from "./hyperparameters.ts";
import { checkTrainingMemory } from "./memory-plan.ts";
import { createParameters, type Matrices, type Weight } from "./parameters.ts";
import { adapterProduct, modelProduct } from "./saved-run.ts";
import { Trainer } from "./trainer.ts";
import { planTraining } from "./training-plan.ts";

export interface TrainerOptions extends ChosenHyperparameters {
  /** A Hugging Face directory, a GGUF file, or a name, as for `loadModel`. */
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
 * Loads a model to train all its weights in f32, with `lora` an adapter for it, or with `classification` a classifier made of it.
 *
 * @throws GptError `not-found` for a model, or a run to resume, that is not there, `invalid-file` for one that is corrupt or
 *   cannot be trained, `resource` for one that does not fit in memory, `usage` for an option out of range; the signal's
 *   reason when it is aborted
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  checkValue("options", options, objectRule);
  checkProgress(options);
  const { model, resume = false, threads: wish, contextSize: positions, simd = "auto", ...rest } = options;
  const { signal, onProgress, ...given } = rest;
  checkValue("resume", resume, flag);
  const plan = await planTraining(model, resume, given);
  const { config: json, weights, adapter, trained, state } = plan;
  const { config } = plan.description;
  refuseUnsupported(model, config);
  const { seed } = state.hyperparameters;
  const threads = chooseThreads(wish);
  const contextSize = chooseContextSize(config, positions);

  const runtime = Runtime.get(chooseSimd(simd));
  checkTrainingMemory(config, plan, contextSize, runtime.memory.allocated);
  runtime.threads.grow(threads);
  const arena = new Arena(runtime.memory);
  try {
    const packing = new Packing(runtime, threads, arena);
    const load = (weights: readonly StoredWeight[]) =>
      loadMatrices(packing, weights, () => "f32", { signal, onProgress });
    const drawOrLoad = ({ modules }: TrainedAdapter) =>
      plan.moments ? load(trained) : drawAdapter(packing, modules, seed);
    const values = await load(plan.sources);
    if (plan.isHeadNew) values.set(HEAD, await drawHead(packing, config, json, seed));
    const trainedValues = adapter ? await drawOrLoad(adapter) : values;
    const moments = plan.moments && ([await load(plan.moments[0]), await load(plan.moments[1])] as const);
    const changes = adapter && lowRanksOf(adapter.modules, trainedValues, adapter.scale, adapter.dropout);
    const decoder = await buildDecoder(packing, config, values, contextSize, changes);
    const optimizer = new OptimizerOps(runtime, threads);
    const parameters = createParameters(packing, optimizer, pair(trained, trainedValues), moments);
    const product = adapter
      ? adapterProduct(adapter.config, parameters)
      : modelProduct(json, plan.companions, pair(weights, values));
    return new Trainer({ runtime, threads, contextSize, arena, decoder, parameters, product, state });
  } catch (error) {
    arena.freeAll();
    throw error;
  }
}

const pair = (weights: readonly StoredWeight[], values: Matrices): Weight[] =>
  weights.map((stored) => ({ stored, value: matrixNamed(values, stored.spec.name) }));
