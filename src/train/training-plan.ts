/** Plan of a training: all that is found and checked before any weight is read. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { NEW_HEAD } from "../families/classifier.ts";
import type { ModelDescription } from "../families/description.ts";
import { parseModel } from "../families/parse.ts";
import type { JsonObject } from "../files/json.ts";
import { findModel, lastingName } from "../hub/find-model.ts";
import { type Adapter, openAdapter } from "../weights/adapters/adapter.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../weights/adapters/config.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { type Companions, companionsOf, MODEL_WEIGHTS } from "../weights/model-writer.ts";
import { type ResolvedWeight, resolveWeights, type StoredWeight } from "../weights/resolve.ts";
import { frozenDtype } from "./adapter/frozen-dtype.ts";
import { adapterWeights, planAdapter, type TrainedAdapter } from "./adapter/trained-adapter.ts";
import { type FrozenWeights, openFrozen } from "./frozen-model.ts";
import { type ChosenHyperparameters, resolveHyperparameters } from "./hyperparameters.ts";
import { kindOf, type ObjectiveSettings } from "./objectives/table.ts";
import { unfrozen } from "./parameters.ts";
import { openRun, type RunState } from "./saved-run.ts";
import { type PlannedValueHead, planValueHead, valueHeadFile } from "./value-head.ts";

export interface TrainingPlan {
  /** The model's config.json, and the files that belong to it. */
  readonly config: JsonObject;
  readonly companions: Companions;
  readonly description: ModelDescription;
  /** All weights of the model, as the saved directory names them. */
  readonly weights: readonly ResolvedWeight[];
  /** The same weights as the checkpoint stores them, without a new head. */
  readonly sources: readonly ResolvedWeight[];
  /** Their types in memory. */
  readonly dtypeOf: (weight: ResolvedWeight) => WeightDtype;
  /** Weights of a new head, which have to be drawn. */
  readonly newHead: readonly ResolvedWeight[];
  /** The adapter that is trained instead of the model. */
  readonly adapter: TrainedAdapter | undefined;
  /** Whether a file holds its matrices. */
  readonly isAdapterStored: boolean;
  /** The trained weights: of the model, or of the adapter, and those of a value head. */
  readonly trained: readonly StoredWeight[];
  readonly valueHead: PlannedValueHead | undefined;
  /** The weights of a reference that are a second model in memory. */
  readonly reference: FrozenWeights | undefined;
  /** First and second moments of the trained weights, if the run is resumed. */
  readonly moments: readonly [StoredWeight[], StoredWeight[]] | undefined;
  readonly state: RunState;
}

/**
 * @param model as for `loadModel`
 * @param resume whether to go on with the run that was saved there
 * @throws as `createTrainer`
 */
export async function planTraining(
  model: string,
  resume: boolean,
  given: ChosenHyperparameters,
): Promise<TrainingPlan> {
  const path = findModel(model);
  const saved = resume && existsSync(join(path, ADAPTER_CONFIG)) ? await openAdapter(path) : undefined;
  const base = saved ? baseOf(saved) : lastingName(model);
  const opened = await openCheckpoint(saved ? findModel(base) : path);
  const run = resume ? await openRun(path, saved ? ADAPTER_WEIGHTS : MODEL_WEIGHTS) : undefined;
  const hyperparameters = resolveHyperparameters(given, run?.hyperparameters);
  const { trained: choice, objective } = hyperparameters;
  const found = await asDirectory(opened);
  const { checkpoint, description, isHeadNew } = await kindOf(objective).plan(found, objective);
  const weights = resolveWeights(checkpoint, description);
  const stored = opened === found ? weights : resolveWeights(opened, await parseModel(opened));
  const isDrawn = ({ parts }: ResolvedWeight) => parts.every(({ stored: { file } }) => file === NEW_HEAD);
  const head = weights.filter(({ spec }) => spec.part === "head");
  const sources = isHeadNew
    ? [...stored.filter(({ spec }) => spec.part !== "head"), ...head.filter((weight) => !isDrawn(weight))]
    : stored;
  const first = choice.kind === "adapter" && choice.init ? await openAdapter(choice.init) : undefined;
  if (first && kindOf(objective).hasReference && !("reference" in objective && objective.reference)) {
    const problem = "the adapter that the run starts from belongs to its reference";
    throw new GptError("usage", `${problem}: merge it with gpt merge first, or name the reference`);
  }
  const adapter =
    choice.kind === "adapter" ? planAdapter(choice, description, weights, base, saved ?? first) : undefined;
  const freeze = choice.kind === "some" ? choice.freeze : [];
  const { nEmbd } = description.config;
  const values =
    kindOf(objective).hasValues && (await planValueHead(run?.file ?? valueHeadFile(path), nEmbd));
  const own = adapter ? adapterWeights(adapter) : unfrozen(weights, freeze);
  const trained = values ? [...own, ...values.weights] : own;
  const start = kindOf(objective).hasReference && (run ? run.start : base);
  const done = { step: run?.step ?? 0, since: run?.since ?? 0 };
  const state = { ...done, hyperparameters, data: run?.data ?? null, start };
  const moments = run?.momentsOf(trained);
  const reference = await secondModel(objective, adapter !== undefined, description, sources);
  const companions = await companionsOf(opened);
  const { config } = checkpoint;
  return {
    config,
    companions,
    description,
    weights,
    sources,
    dtypeOf: choice.kind === "adapter" ? frozenDtype(choice.quantization) : () => "f32",
    newHead: head.filter(isDrawn),
    adapter,
    isAdapterStored: saved !== undefined || first !== undefined,
    trained,
    valueHead: values,
    reference,
    moments,
    state,
  };
}

/** The reference is the base of an adapter, a model that is named, or as large as the one in training. */
async function secondModel(
  objective: ObjectiveSettings,
  isAdapter: boolean,
  { config }: ModelDescription,
  sources: readonly ResolvedWeight[],
): Promise<FrozenWeights | undefined> {
  const isCompared = !("beta" in objective && objective.beta === 0);
  if (!kindOf(objective).hasReference || !isCompared) return undefined;
  const named = "reference" in objective ? objective.reference : undefined;
  if (named !== undefined) return await openFrozen(named, config.vocabSize);
  return isAdapter ? undefined : { weights: sources, dtypeOf: frozenDtype(undefined) };
}

function baseOf({ path, config }: Adapter): string {
  if (config.baseModel !== undefined) return config.baseModel;
  const file = join(path, ADAPTER_CONFIG);
  throw new GptError("invalid-file", `${file}: base_model_name_or_path does not say which model is adapted`);
}
