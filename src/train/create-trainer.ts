/** From a checkpoint to a trainer. */
import { checkProgress, checkValue, flag, objectRule, seedRule, textRule } from "../checks/rules.ts";
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { refuseUnsupported } from "../model/supported.ts";
import { lowRanksOf } from "../weights/adapters/low-rank.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { matrixNamed } from "../weights/load.ts";
import { chooseContextSize } from "../weights/memory-plan.ts";
import { CHAT_TEMPLATE } from "../weights/model-writer.ts";
import { type EngineChoice, openWeights } from "../weights/open.ts";
import type { StoredWeight } from "../weights/resolve.ts";
import { drawAdapter } from "./adapter/lora.ts";
import { rowSquares } from "./adapter/row-squares.ts";
import { adapterWeights, type TrainedAdapter, withRates } from "./adapter/trained-adapter.ts";
import type { ChosenHyperparameters } from "./hyperparameters.ts";
import { checkTrainingMemory } from "./memory-plan.ts";
import { drawHead } from "./new-model/new-head.ts";
import { routerLossOf } from "./objectives/load-balance.ts";
import { createParameters, type Matrices, type Weight } from "./parameters.ts";
import { adapterProduct, modelProduct } from "./saved-run.ts";
import { Reference } from "./step/reference.ts";
import { Trainer } from "./trainer.ts";
import { planTraining } from "./training-plan.ts";
import { newValueHead, VALUE_HEAD, valueHeadOf } from "./value-head.ts";

export interface TrainerOptions extends ChosenHyperparameters, EngineChoice {
  /** A Hugging Face directory, a GGUF file, or a name, as for `loadModel`. */
  readonly model: string;
  /**
   * Go on with the run that was saved in `model`. Its hyperparameters are then the defaults. Default false.
   */
  readonly resume?: boolean | undefined;
  /**
   * A file that keeps the log-probabilities of completions under the reference of DPO and KTO, so that each
   * is computed once, also by a resumed run. Default: they are kept in memory.
   */
  readonly referenceScores?: string | undefined;
  /** Seed of new heads and adapters. Default: `seed`. */
  readonly initialSeed?: number | undefined;
  /**
   * Whether the pass back computes the blocks again instead of reading what they have kept: a third more
   * work, and the memory of one block (Chen et al. 2016). The numbers are the same. Default: if memory asks
   * for it.
   */
  readonly recompute?: boolean | undefined;
  /** The longest sequence. Default: the smaller of the model's and 4,096. */
  readonly contextSize?: number | undefined;
  /** Source of the chat template that a saved model or adapter gets. Default: that of `model`. */
  readonly chatTemplate?: string | undefined;
  /** Of the loading. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Loads a model to train it, in f32, or to train an adapter beside it.
 *
 * @throws GptError `not-found` for a missing model or run, `invalid-file` for a corrupt one or one that
 *   cannot be trained, `resource` for one that does not fit in memory, `usage` for an option out of range;
 *   the signal's reason when it is aborted
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  checkValue("options", options, objectRule);
  checkProgress(options);
  const { model, resume = false, threads: _, contextSize: positions, simd: __, ...rest } = options;
  const { recompute, signal, onProgress, referenceScores, initialSeed, chatTemplate, ...given } = rest;
  if (initialSeed !== undefined) checkValue("initialSeed", initialSeed, seedRule);
  if (referenceScores !== undefined) checkValue("referenceScores", referenceScores, textRule);
  if (chatTemplate !== undefined) checkValue("chatTemplate", chatTemplate, textRule);
  checkValue("resume", resume, flag);
  if (recompute !== undefined) checkValue("recompute", recompute, flag);
  const plan = await planTraining(model, resume, given);
  const { config: json, weights, adapter, trained, state } = plan;
  const { config } = plan.description;
  refuseUnsupported(model, config);
  const seed = initialSeed ?? state.hyperparameters.seed;
  const contextSize = chooseContextSize(config, positions);
  let recomputes = false;
  const open = openWeights(options, (allocated) => {
    recomputes = checkTrainingMemory(config, plan, contextSize, allocated, recompute);
  });
  return await open.handOver(async () => {
    const { packing } = open;
    const load = (weights: readonly StoredWeight[]) =>
      open.load(weights, () => "f32", { signal, onProgress });
    const drawOrLoad = ({ modules }: TrainedAdapter) =>
      plan.isAdapterStored ? load(adapterWeights({ modules })) : drawAdapter(packing, modules, squares, seed);
    const values = await open.load(plan.sources, plan.dtypeOf, { signal, onProgress });
    for (const [name, value] of await drawHead(packing, plan.newHead, json, seed)) values.set(name, value);
    const squares = await open.runtime.exclusively(async () =>
      rowSquares(open, adapter?.modules ?? [], values),
    );
    const { valueHead: planned } = plan;
    const valueWeights =
      planned && (planned.isStored ? await load(planned.weights) : await newValueHead(packing, planned));
    const own = adapter ? await drawOrLoad(adapter) : values;
    const trainedValues = new Map([...own, ...(valueWeights ?? [])]);
    const moments = plan.moments && ([await load(plan.moments[0]), await load(plan.moments[1])] as const);
    const changes = adapter && lowRanksOf(packing, adapter.modules, trainedValues, adapter.dropout, squares);
    const decoder = await buildDecoder(packing, config, values, contextSize, changes);
    const rated = withRates(pair(trained, trainedValues), adapter);
    const optimizer = new OptimizerOps(open.runtime, open.threads);
    const parameters = createParameters(packing, optimizer, rated, moments);
    const template = new Map(chatTemplate === undefined ? [] : [[CHAT_TEMPLATE, chatTemplate]]);
    const product = adapter
      ? adapterProduct(adapter.config, template, pair(adapterWeights(adapter), trainedValues))
      : modelProduct(json, new Map([...plan.companions, ...template]), pair(weights, values));
    const beside = planned && { file: VALUE_HEAD, weights: pair(planned.weights, trainedValues) };
    const valueHead = valueWeights && valueHeadOf(packing, valueWeights);
    const routerLoss = routerLossOf(json, config);
    const { objective } = state.hyperparameters;
    const named = "reference" in objective ? objective.reference : undefined;
    const isBase = adapter !== undefined && named === undefined;
    const bare = isBase && (await buildDecoder(packing, config, values, contextSize));
    const reference = new Reference({
      ...{ open, contextSize, vocabSize: config.vocabSize, model: named ?? state.start },
      base: bare ? { decoder: bare, weights: plan.sources, dtypeOf: plan.dtypeOf } : undefined,
      scoresFile: referenceScores,
    });
    return new Trainer({
      ...{ open, contextSize, decoder, parameters, recomputes, routerLoss, state, reference, valueHead },
      product: { ...product, beside },
    });
  });
}

const pair = (weights: readonly StoredWeight[], values: Matrices): Weight[] =>
  weights.map((stored) => ({ stored, value: matrixNamed(values, stored.spec.name) }));
