/**
 * Whole weights of an adapter, which replace those of the model: modules_to_save of PEFT, and trained biases.
 */
import { join } from "node:path";
import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { checkStored, type ResolvedWeight, type WeightPart } from "../resolve.ts";
import type { Adapter } from "./adapter.ts";
import { ADAPTER_CONFIG } from "./config.ts";

/** A part of a weight, and its replacement. */
export interface ReplacedPart {
  /** Canonical name of the weight. */
  readonly weight: string;
  readonly part: number;
  readonly by: WeightPart;
}

/** PEFT wraps the model in two modules, `base_model` and `model`, and a layer with an adapter in one more. */
const STORED_NAME = /^base_model\.model\.(.+)$/;

/**
 * Finds the tensors of an adapter that are whole weights of a model.
 *
 * @param weights of the model as a Hugging Face directory
 * @param prefix of the stored names of the family. An adapter of the model without its head lacks it
 * @throws GptError `invalid-file` for a tensor of another shape, and for a module to save without tensors
 */
export function findReplacedParts(
  adapter: Adapter,
  weights: readonly ResolvedWeight[],
  prefix: string,
): ReplacedPart[] {
  const wholes = new Map<string, StoredTensor>();
  for (const [name, tensor] of adapter.tensors) {
    const stored = STORED_NAME.exec(name)?.[1];
    if (stored !== undefined) wholes.set(stored.replace(/\.base_layer\.(?=bias$)/, "."), tensor);
  }
  const found = weights.flatMap(({ spec, parts }) =>
    parts.flatMap((part, i): ReplacedPart[] => {
      const { tensor } = part.source;
      const stored = wholes.get(prefix + tensor) ?? wholes.get(tensor);
      if (stored === undefined) return [];
      checkStored(stored, part.stored.shape);
      return [{ weight: spec.name, part: i, by: { ...part, stored } }];
    }),
  );
  checkModulesToSave(adapter, weights, found);
  return found;
}

/** An unknown module is no fault: PEFT lists the modules of several tasks. */
function checkModulesToSave(
  { path, config }: Adapter,
  weights: readonly ResolvedWeight[],
  found: readonly ReplacedPart[],
): void {
  const names = (part: WeightPart) => part.source.tensor.replace(/\.(weight|bias)$/, "");
  const isModule = (part: WeightPart, module: string) => `.${names(part)}`.endsWith(`.${module}`);
  for (const module of config.modulesToSave) {
    const isKnown = weights.some(({ parts }) => parts.some((part) => isModule(part, module)));
    if (!isKnown || found.some(({ by }) => isModule(by, module))) continue;
    const problem = `modules_to_save names ${quote(module)}, which the adapter has no weights for`;
    throw new GptError("invalid-file", `${join(path, ADAPTER_CONFIG)}: ${problem}`);
  }
}

/** Weights with replaced parts. The last replacement of a part counts. */
export function replaceParts<W extends ResolvedWeight>(
  weights: readonly W[],
  replaced: readonly ReplacedPart[],
): readonly W[] {
  if (replaced.length === 0) return weights;
  const byPlace = new Map(replaced.map(({ weight, part, by }) => [`${weight} ${part}`, by]));
  return weights.map((weight) => ({
    ...weight,
    parts: weight.parts.map((part, i) => byPlace.get(`${weight.spec.name} ${i}`) ?? part),
  }));
}
