/** What a run works on, found and checked before any weight is read. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import { GptError } from "../errors.ts";
import type { ModelDescription } from "../families/description.ts";
import { parseModel } from "../families/parse.ts";
import type { JsonObject } from "../files/json.ts";
import { findModel, lastingName } from "../hub/find-model.ts";
import { type Adapter, openAdapter } from "../weights/adapters/adapter.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../weights/adapters/config.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { type Companions, companionsOf, MODEL_WEIGHTS } from "../weights/model-writer.ts";
import { type ResolvedWeight, resolveWeights, type StoredWeight } from "../weights/resolve.ts";
import { adapterWeights, planAdapter, type TrainedAdapter } from "./adapter/trained-adapter.ts";
import { planClassifier } from "./classification.ts";
import { type ChosenHyperparameters, resolveHyperparameters } from "./hyperparameters.ts";
import { unfrozen } from "./parameters.ts";
import { openRun, type RunState } from "./saved-run.ts";

export interface TrainingPlan {
  /** The model's config.json, and the files that belong to it. */
  readonly config: JsonObject;
  readonly companions: Companions;
  readonly description: ModelDescription;
  /** All weights of the model, as the directory that is saved has them. */
  readonly weights: readonly ResolvedWeight[];
  /** Where they are read from: all but a new head. */
  readonly sources: readonly ResolvedWeight[];
  /** Whether the head is not there yet: that of a classifier which begins. */
  readonly isHeadNew: boolean;
  /** What is trained instead of the model. */
  readonly adapter: TrainedAdapter | undefined;
  /** Those that are trained: of the model, or of the adapter. */
  readonly trained: readonly StoredWeight[];
  /** Of these: the first and the second, where a run is continued. */
  readonly moments: readonly [StoredWeight[], StoredWeight[]] | undefined;
  readonly state: RunState;
}

/**
 * @param model as for `loadModel`
 * @param resume whether to continue the run that was saved there
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
  const { lora, classification, freeze } = hyperparameters;
  const found = await asDirectory(opened);
  const { checkpoint, description, isHeadNew } = classification
    ? await planClassifier(found, classification)
    : { checkpoint: found, description: await describeWriter(found), isHeadNew: false };
  const weights = resolveWeights(checkpoint, description);
  const stored = opened === found ? weights : resolveWeights(opened, await parseModel(opened));
  const sources = isHeadNew ? stored.filter(({ spec }) => spec.part !== "head") : stored;
  const adapter = lora ? planAdapter(lora, description, weights, base, saved) : undefined;
  const trained = adapter ? adapterWeights(adapter) : unfrozen(weights, freeze);
  const state = { step: run?.step ?? 0, hyperparameters, data: run?.data ?? null };
  const moments = run?.momentsOf(trained);
  const companions = await companionsOf(opened);
  const { config } = checkpoint;
  return {
    config,
    companions,
    description,
    weights,
    sources,
    isHeadNew,
    adapter,
    trained,
    moments,
    state,
  };
}

/** @throws GptError `usage` for a classifier, whose head would be of no use */
async function describeWriter(found: Checkpoint): Promise<ModelDescription> {
  const description = await parseModel(found);
  if (description.config.head.kind !== "classes") return description;
  const problem =
    "is a classifier, which is trained as one alone: give it a classification (--task classify)";
  throw new GptError("usage", `${found.path}: ${problem}`);
}

function baseOf({ path, config }: Adapter): string {
  if (config.baseModel !== undefined) return config.baseModel;
  const file = join(path, ADAPTER_CONFIG);
  throw new GptError("invalid-file", `${file}: base_model_name_or_path does not say which model is adapted`);
}
