/**
 * A LoRA adapter (Hu et al. 2021) in a directory of PEFT. Some linear layers have two matrices, A [rank,
 * inputs] and B [outputs, rank]. Their product times a scaling is added to the weight.
 */
import { join } from "node:path";
import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import { readPytorch } from "../../checkpoint/pytorch/pytorch.ts";
import { readSafetensors } from "../../checkpoint/safetensors.ts";
import { GptError } from "../../errors.ts";
import { fileError } from "../../files/file.ts";
import { readJsonObject } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { files } from "../../host/files.ts";
import { checkStored } from "../resolve.ts";
import { type AdaptedModule, adaptedModule, tensorName } from "./adapted-module.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, type AdapterConfig, readAdapterConfig } from "./config.ts";
import { wrapOf } from "./expert-parameters.ts";
import { isTarget, type LinearModule } from "./modules.ts";

export interface Adapter {
  readonly path: string;
  /** The file of its weights. */
  readonly file: string;
  readonly config: AdapterConfig;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** PEFT wraps the model in two modules, `base_model` and `model`. */
const TENSOR_NAME = /^base_model\.model\.(.+)\.lora_(?:[AB]\.weight|magnitude_vector(?:\.weight)?)$/;

/** In the order of the search. */
const FORMATS = [
  { name: ADAPTER_WEIGHTS, read: readSafetensors },
  { name: "adapter_model.bin", read: readPytorch },
] as const;

/** Opens an adapter. Reads no weights. @throws GptError `not-found`, or `invalid-file` for a corrupt file */
export async function openAdapter(path: string): Promise<Adapter> {
  const names = new Set(
    await files.list(path).catch((error) => {
      throw fileError(path, "opened", error);
    }),
  );
  const weights = FORMATS.find(({ name }) => names.has(name));
  if (!names.has(ADAPTER_CONFIG) || weights === undefined) {
    const missing = names.has(ADAPTER_CONFIG) ? ADAPTER_WEIGHTS : ADAPTER_CONFIG;
    const advice = `an adapter is a directory with ${ADAPTER_CONFIG} and ${ADAPTER_WEIGHTS}, as PEFT saves it`;
    throw new GptError("not-found", `${path}: has no ${missing}: ${advice}`);
  }
  const config = join(path, ADAPTER_CONFIG);
  const file = join(path, weights.name);
  return {
    path,
    file,
    config: readAdapterConfig(config, await readJsonObject(config)),
    tensors: await weights.read(file),
  };
}

/**
 * Finds the layers of a model that an adapter changes.
 *
 * @param replaced tensors that are whole weights
 * @throws GptError `invalid-file` for a tensor without a layer or of another shape, and for targets without
 *   tensors
 */
export function resolveAdapter(
  adapter: Adapter,
  modules: readonly LinearModule[],
  replaced: ReadonlySet<string> = new Set(),
): AdaptedModule[] {
  const { file, config, tensors } = adapter;
  const fail = (problem: string) => new GptError("invalid-file", `${file}: ${problem}`);
  if (tensors.size === 0) throw fail("holds no tensors");
  const own = [...tensors.keys()].filter((name) => !replaced.has(name));
  const names = new Set(own.map((name) => TENSOR_NAME.exec(name)?.[1] ?? name));
  const nameOf = nameIn(names, config);
  const known = new Set(modules.map(nameOf));
  for (const name of names) {
    if (tensors.has(name)) {
      const problem = "is no lora_A or lora_B weight of a linear layer, and no weight of the model";
      throw fail(`tensor ${quote(name)} ${problem}`);
    }
    if (!known.has(name))
      throw fail(`adapts ${quote(name)}, a layer that the model has not: it was made for another model`);
  }
  const magnitudes = own.find((name) => /\.lora_magnitude_vector(\.weight)?$/.test(name));
  if (magnitudes !== undefined && !config.isDecomposed)
    throw fail(`holds ${quote(magnitudes)}, but use_dora of ${ADAPTER_CONFIG} is false`);
  const adapted = modules.flatMap((module) => {
    const name = nameOf(module);
    if (name === undefined) return [];
    const { rank, scaling } = config.of(module.stack ? module.name : name);
    const { isDecomposed } = config;
    return adaptedModule(module, { rank, scaling, isDecomposed }, (part, shape) => {
      const wanted = tensorName(name, part);
      const tensor = tensors.get(wanted) ?? tensors.get(`${wanted}.weight`);
      if (tensor === undefined) throw fail(`tensor ${quote(wanted)} is missing`);
      if (String(tensor.shape) !== String(shape)) {
        const shapes = `has shape ${quote(tensor.shape)}, but model and rank ask for ${quote(shape)}`;
        throw fail(`tensor ${quote(tensor.name)} ${shapes}: it was made for another model`);
      }
      checkStored(tensor, shape);
      return tensor;
    });
  });
  checkTargets(adapter, modules, adapted);
  return adapted;
}

/** The name that an adapter has for a module. An adapter of the model without its head lacks the prefix. */
const nameIn =
  (names: ReadonlySet<string>, { parameters }: AdapterConfig) =>
  (module: LinearModule): string | undefined => {
    const { name, bareName, stack } = module;
    if (stack === undefined) return [name, bareName].find((own) => names.has(own));
    const isNested = (owner: string) => names.has(`${owner}.base_layer`);
    const owners = [stack.owner, stack.bareOwner];
    const wraps = owners.map((owner) => wrapOf({ ...module, stack: { ...stack, owner } }, isNested));
    const isTargeted = parameters.some((target) => isTarget(module, target));
    return isTargeted ? wraps.find((wrap) => names.has(wrap)) : undefined;
  };

/**
 * The targets of the config must match the tensors: otherwise the two files are of different adapters.
 * Targets of other models do not count.
 */
function checkTargets(
  { path, config }: Adapter,
  modules: readonly LinearModule[],
  adapted: readonly AdaptedModule[],
): void {
  const fields = [
    ["target_modules", config.targets, ({ stack }: LinearModule) => stack === undefined],
    ["target_parameters", config.parameters, ({ stack }: LinearModule) => stack !== undefined],
  ] as const;
  for (const [field, targets, isKind] of fields) {
    if (targets === undefined) continue;
    const fail = (problem: string) =>
      new GptError("invalid-file", `${join(path, ADAPTER_CONFIG)}: ${field} ${problem}`);
    const own = adapted.map(({ module }) => module).filter(isKind);
    const all = modules.filter(isKind);
    const known = targets.filter((target) => all.some((module) => isTarget(module, target)));
    const unused = known.find((target) => !own.some((module) => isTarget(module, target)));
    if (unused !== undefined)
      throw fail(`names ${quote(unused)}, but ${ADAPTER_WEIGHTS} has no weights for it`);
    const stray = own.find((module) => !targets.some((target) => isTarget(module, target)));
    if (stray !== undefined)
      throw fail(`does not name ${quote(stray.name)}, which ${ADAPTER_WEIGHTS} has weights for`);
  }
}
