/** Opens the chosen adapters, and finds the places of their tensors in a model. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { checkOptions, checkValue } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import { parseModel } from "../../families/parse.ts";
import { asDirectory } from "../directory-view.ts";
import { type ResolvedWeight, resolveWeights } from "../resolve.ts";
import type { AdaptedModule } from "./adapted-module.ts";
import { type Adapter, openAdapter, resolveAdapter } from "./adapter.ts";
import { type AdapterChoice, choiceRules, choicesRule } from "./choice.ts";
import { expertParameters } from "./expert-parameters.ts";
import { linearModules } from "./modules.ts";
import { findReplacedParts, type ReplacedPart } from "./replaced-parts.ts";

export interface OpenedAdapter {
  readonly adapter: Adapter;
  readonly scale: number;
}

/** @throws GptError `usage` for a wrong choice, `not-found` or `invalid-file` as `openAdapter` */
export async function openAdapters(choices: readonly AdapterChoice[]): Promise<OpenedAdapter[]> {
  checkValue("adapters", choices, choicesRule);
  const opened: OpenedAdapter[] = [];
  for (const choice of choices) {
    const { path = "", scale = 1 } = checkOptions(choice, choiceRules);
    opened.push({ adapter: await openAdapter(path), scale });
  }
  return opened;
}

/** An adapter, and the places of its tensors in the model. */
export interface FoundAdapter {
  readonly modules: readonly AdaptedModule[];
  readonly replaced: readonly ReplacedPart[];
  /** Factor of B A beside the scaling of the module. */
  readonly scale: number;
}

/**
 * @param weights of the checkpoint
 * @throws GptError `invalid-file` for an adapter that does not fit the model, `usage` for a scale of one that
 *   replaces weights
 */
export async function findAdapters(
  opened: readonly OpenedAdapter[],
  checkpoint: Checkpoint,
  description: ModelDescription,
  weights: readonly ResolvedWeight[],
): Promise<FoundAdapter[]> {
  if (opened.length === 0) return [];
  const named = await withDirectoryNames(checkpoint, description, weights);
  const { prefix } = named;
  const modules = [...linearModules(named.weights, prefix), ...expertParameters(named.weights, prefix)];
  return opened.map(({ adapter, scale }) => {
    const replaced = findReplacedParts(adapter, named.weights, named.prefix);
    if (replaced.length > 0 && scale !== 1) {
      const problem = `holds whole weights (${replaced[0]?.by.source.tensor}), which replace the model's`;
      throw new GptError("usage", `${adapter.path}: ${problem}: leave out the scale ${scale}`);
    }
    const taken = new Set(replaced.map(({ by }) => by.stored.name));
    return { modules: resolveAdapter(adapter, modules, taken), replaced, scale };
  });
}

/** Weights by the names of transformers. A GGUF file has these names in its view as a directory. */
async function withDirectoryNames(
  checkpoint: Checkpoint,
  description: ModelDescription,
  weights: readonly ResolvedWeight[],
): Promise<{ readonly weights: readonly ResolvedWeight[]; readonly prefix: string }> {
  if (checkpoint.format === "huggingface") return { weights, prefix: description.prefix };
  const directory = await asDirectory(checkpoint);
  const named = await parseModel(directory);
  return { weights: resolveWeights(directory, named), prefix: named.prefix };
}
