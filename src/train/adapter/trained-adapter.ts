/** The adapter that a run trains: its modules and its config. */
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import type { JsonObject } from "../../files/json.ts";
import {
  type AdaptedModule,
  type Adapter,
  newAdaptedModule,
  resolveAdapter,
} from "../../weights/adapters/adapter.ts";
import { adapterConfigJson } from "../../weights/adapters/config.ts";
import { blockModules, linearModules } from "../../weights/adapters/modules.ts";
import type { ResolvedWeight, StoredWeight } from "../../weights/resolve.ts";
import type { Weight } from "../parameters.ts";
import { type Lora, scalingOf, targetModules, targetNames } from "./lora.ts";

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
  // PEFT adapts linear layers. The experts of a mixture are stacked in one tensor, and stay as they are.
  const outside = weights.filter(({ spec }) => spec.expert === undefined);
  const layers = blockModules(linearModules(outside, prefix));
  const { rank, alpha, dropout, plusRatio } = lora;
  const targets = targetNames(lora.targets, layers);
  const scale = scalingOf(lora);
  if (saved && (saved.config.rank !== rank || saved.config.scaling !== scale)) {
    throw new GptError(
      "invalid-file",
      `${saved.path}: the adapter has another rank or scaling than the run: its rank is ${saved.config.rank}`,
    );
  }
  const modules = saved
    ? resolveAdapter(saved, layers)
    : targetModules(targets, layers).map((layer) => newAdaptedModule(layer, rank, scale));
  const fanInFanOut = modules.every(({ module }) => module.layout === "conv1d");
  const isRooted = lora.scaling === "root";
  const json = adapterConfigJson({ rank, alpha, isRooted, dropout, targets, baseModel, fanInFanOut });
  return { modules, dropout, plusRatio, config: json };
}

/** The trained matrices. A layer whose outputs stand in two places of a weight has one pair. */
export function adapterWeights({ modules }: Pick<TrainedAdapter, "modules">): StoredWeight[] {
  const weights = modules.flatMap(({ a, b }) => [a, b]);
  return [...new Map(weights.map((weight) => [weight.spec.name, weight])).values()];
}

/** Weights with the learning rates of LoRA+. */
export function withRates<W extends Weight>(weights: readonly W[], adapter: TrainedAdapter | undefined): W[] {
  const fast = new Set(adapter?.modules.map(({ b }) => b.spec.name));
  return weights.map((own) => (fast.has(own.stored.spec.name) ? { ...own, rate: adapter?.plusRatio } : own));
}
