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
import { type Lora, targetModules, targetNames } from "./lora.ts";

export interface TrainedAdapter {
  readonly modules: readonly AdaptedModule[];
  readonly dropout: number;
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
  { rank, alpha, dropout, targets: wanted }: Lora,
  { prefix }: ModelDescription,
  weights: readonly ResolvedWeight[],
  baseModel: string,
  saved?: Adapter,
): TrainedAdapter {
  // PEFT adapts linear layers. The experts of a mixture are stacked in one tensor, and stay as they are.
  const outside = weights.filter(({ spec }) => spec.expert === undefined);
  const layers = blockModules(linearModules(outside, prefix));
  const targets = targetNames(wanted, layers);
  const scale = alpha / rank;
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
  const json = adapterConfigJson({ rank, alpha, dropout, targets, baseModel, fanInFanOut });
  return { modules, dropout, config: json };
}

/** The trained matrices. A layer whose outputs stand in two places of a weight has one pair. */
export function adapterWeights({ modules }: Pick<TrainedAdapter, "modules">): StoredWeight[] {
  const weights = modules.flatMap(({ a, b }) => [a, b]);
  return [...new Map(weights.map((weight) => [weight.spec.name, weight])).values()];
}
