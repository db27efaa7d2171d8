/** The adapter that a run trains: its modules and its config. */
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { JsonObject } from "../../files/json.ts";
import { type AdaptedModule, newAdaptedModules } from "../../weights/adapters/adapted-module.ts";
import { type Adapter, resolveAdapter } from "../../weights/adapters/adapter.ts";
import { adapterConfigJson } from "../../weights/adapters/config.ts";
import { expertParameters } from "../../weights/adapters/expert-parameters.ts";
import { blockModules, linearModules } from "../../weights/adapters/modules.ts";
import type { ResolvedWeight, StoredWeight } from "../../weights/resolve.ts";
import type { Weight } from "../parameters.ts";
import { type Layers, type Lora, scalingOf, targetModules, targetNames } from "./lora.ts";

export interface TrainedAdapter {
  readonly modules: readonly AdaptedModule[];
  readonly dropout: number;
  /** The learning rate of B by that of A. */
  readonly plusRatio: number;
  /** adapter_config.json */
  readonly config: JsonObject;
}

/**
 * @param weights of the model
 * @param baseModel the model's name or path, for the adapter's config
 * @param saved the adapter of a resumed run, or the one that it starts from
 * @throws GptError `usage` for targets that the model does not have, `invalid-file` for a saved adapter that
 *   does not fit
 */
export function planAdapter(
  lora: Lora,
  { prefix }: ModelDescription,
  weights: readonly ResolvedWeight[],
  baseModel: string,
  saved?: Adapter,
): TrainedAdapter {
  const layers = trainableLayers(weights, prefix);
  const { rank, alpha, dora: isDecomposed, dropout, plusRatio } = lora;
  const targets = targetNames(lora.targets, layers);
  const scaling = scalingOf(lora);
  const { config } = saved ?? {};
  if (saved && config?.isDecomposed !== isDecomposed) {
    const found = isDecomposed
      ? "no magnitudes, the run has: it needs dora false"
      : "magnitudes: the run needs dora";
    throw new GptError("invalid-file", `${saved.path}: the adapter has ${found}`);
  }
  if (saved && (config?.rank !== rank || config.scaling !== scaling)) {
    throw new GptError(
      "invalid-file",
      `${saved.path}: the adapter has another rank or scaling than the run: its rank is ${config?.rank}`,
    );
  }
  const modules = saved
    ? resolveAdapter(saved, [...layers.usual, ...layers.ofExperts])
    : newAdaptedModules(targetModules(lora.targets, layers), { rank, scaling, isDecomposed });
  refuseOfExperts(modules, lora);
  const plain = modules.filter(({ module }) => module.stack === undefined);
  const fanInFanOut = plain.length > 0 && plain.every(({ module }) => module.layout === "conv1d");
  const isRooted = lora.scaling === "root";
  const own = { rank, alpha, isRooted, isDecomposed, dropout, ...targets, baseModel, fanInFanOut };
  const json = adapterConfigJson(own);
  return { modules, dropout, plusRatio, config: json };
}

/**
 * PEFT adapts linear layers, and parameters of experts: those are no layers of transformers 5. Files of
 * before have a layer for each expert, which may be named too.
 */
function trainableLayers(weights: readonly ResolvedWeight[], prefix: string): Layers {
  const isUsual = ({ spec }: ResolvedWeight) => spec.expert === undefined;
  const layersOf = (own: readonly ResolvedWeight[]) => blockModules(linearModules(own, prefix));
  return {
    usual: layersOf(weights.filter(isUsual)),
    ofExperts: [
      ...layersOf(weights.filter((weight) => !isUsual(weight))),
      ...expertParameters(weights, prefix),
    ],
  };
}

/** What PEFT and the kernels have not for experts. */
function refuseOfExperts(modules: readonly AdaptedModule[], { dora, dropout }: Lora): void {
  const ofExperts = modules.filter(({ module }) => module.expert !== undefined);
  if (ofExperts.length === 0) return;
  if (dora) throw new GptError("usage", "lora dora: matrices of experts have no magnitudes: leave it out");
  const hasParameters = ofExperts.some(({ module }) => module.stack);
  if (dropout > 0 && hasParameters) {
    const problem = "PEFT drops no inputs of parameters of experts";
    throw new GptError("usage", `lora dropout: ${problem}: leave it out`);
  }
}

/** The trained matrices. A layer whose outputs stand in two places of a weight has one pair. */
export function adapterWeights({ modules }: Pick<TrainedAdapter, "modules">): StoredWeight[] {
  const weights = modules.flatMap(({ a, b, magnitudes }) => [a, b, ...(magnitudes ? [magnitudes] : [])]);
  return [...new Map(weights.map((weight) => [weight.spec.name, weight])).values()];
}

/** Weights with the learning rates of LoRA+. */
export function withRates<W extends Weight>(weights: readonly W[], adapter: TrainedAdapter | undefined): W[] {
  const fast = new Set(adapter?.modules.map(({ b }) => b.spec.name));
  return weights.map((own) => (fast.has(own.stored.spec.name) ? { ...own, rate: adapter?.plusRatio } : own));
}
