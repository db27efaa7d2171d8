/** Plans the load of a model: finds and checks all tensors before anything is allocated. Then loads it. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import type { ModelDescription } from "../families/description.ts";
import { parseModel } from "../families/parse.ts";
import type { AdapterChoice } from "./adapters/choice.ts";
import { type FoundAdapter, findAdapters, openAdapters } from "./adapters/find.ts";
import { addAdapters } from "./adapters/merge.ts";
import { replaceParts } from "./adapters/replaced-parts.ts";
import { isTied, replacesTiedHead, untied } from "./adapters/untie.ts";
import { asDirectory } from "./directory-view.ts";
import type { LoadProgress } from "./load.ts";
import type { OpenWeights } from "./open.ts";
import { type ResolvedWeight, resolveWeights, tableOf } from "./resolve.ts";

export interface WeightsPlan {
  /** With a separate head if an adapter replaces a tied head. */
  readonly checkpoint: Checkpoint;
  readonly description: ModelDescription;
  /** With the tensors of adapters that replace tensors of the model. */
  readonly weights: readonly ResolvedWeight[];
  /** Adapters to add to the weights. */
  readonly adapters: readonly FoundAdapter[];
  /** The type of a weight in memory: f32 for weights that adapters are added to. */
  readonly dtypeOf: (weight: ResolvedWeight) => WeightDtype;
}

/**
 * @param dtypeOf the types of weights in memory
 * @param choices adapters in their order
 * @throws GptError as `resolveWeights`, `openAdapters` and `findAdapters`
 */
export async function planWeights(
  checkpoint: Checkpoint,
  description: ModelDescription,
  dtypeOf: WeightsPlan["dtypeOf"],
  choices: readonly AdapterChoice[] = [],
): Promise<WeightsPlan> {
  const opened = await openAdapters(choices);
  if (opened.length > 0 && isTied(description)) {
    const named =
      checkpoint.format === "gguf" ? await parseModel(await asDirectory(checkpoint)) : description;
    if (opened.some(({ adapter }) => replacesTiedHead(adapter, named))) {
      const separate = untied(checkpoint, description);
      return await planWeights(separate, await parseModel(separate, "tokens"), dtypeOf, choices);
    }
  }
  const stored = resolveWeights(checkpoint, description);
  const adapters = await findAdapters(opened, checkpoint, description, stored);
  const weights = replaceParts(
    stored,
    adapters.flatMap(({ replaced }) => replaced),
  );
  const names = new Set(adapters.flatMap(({ modules }) => modules.map(({ module }) => module.weight)));
  const changed = new Set(
    weights.filter(({ spec }) => names.has(spec.name)).map(({ spec }) => tableOf(spec)),
  );
  return {
    checkpoint,
    description,
    weights,
    adapters,
    dtypeOf: (weight) => (changed.has(tableOf(weight.spec)) ? "f32" : dtypeOf(weight)),
  };
}

/**
 * Reads the weights of a plan and adds its adapters. By canonical name.
 *
 * @throws the reason of an aborted signal
 */
export async function loadPlan(
  open: OpenWeights,
  { weights, dtypeOf, adapters }: WeightsPlan,
  progress: LoadProgress,
): Promise<Map<string, Matrix>> {
  const matrices = await open.load(weights, dtypeOf, progress);
  await addAdapters(open, matrices, adapters, progress);
  return matrices;
}
