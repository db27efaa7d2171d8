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
import type { WeightShape } from "../../model/weight-spec.ts";
import { checkStored, type StoredWeight } from "../resolve.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, type AdapterConfig, readAdapterConfig } from "./config.ts";
import { isTarget, type LinearModule } from "./modules.ts";

export interface Adapter {
  readonly path: string;
  /** The file of its weights. */
  readonly file: string;
  readonly config: AdapterConfig;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A linear layer and the stored matrices of its adapter. */
export interface AdaptedModule {
  readonly module: LinearModule;
  readonly a: StoredWeight;
  readonly b: StoredWeight;
  /** Lengths of the rows of the changed weight (DoRA, Liu et al. 2024). */
  readonly magnitudes: StoredWeight | undefined;
  /** Factor of B A. */
  readonly scaling: number;
}

/** PEFT wraps the model in two modules, `base_model` and `model`. */
const tensorName = (module: string, part: Part) => `base_model.model.${module}.lora_${part}`;
const TENSOR_NAME = /^base_model\.model\.(.+)\.lora_(?:[AB]\.weight|magnitude_vector(?:\.weight)?)$/;

/** The tensors of a module. PEFT leaves out ".weight" of the last one. */
type Part = "A.weight" | "B.weight" | "magnitude_vector";

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
  for (const name of names) {
    if (tensors.has(name)) {
      const problem = "is no lora_A or lora_B weight of a linear layer, and no weight of the model";
      throw fail(`tensor ${quote(name)} ${problem}`);
    }
    if (!modules.some((module) => isNamed(module, name)))
      throw fail(`adapts ${quote(name)}, a layer that the model has not: it was made for another model`);
  }
  const magnitudes = own.find((name) => /\.lora_magnitude_vector(\.weight)?$/.test(name));
  if (magnitudes !== undefined && !config.isDecomposed)
    throw fail(`holds ${quote(magnitudes)}, but use_dora of ${ADAPTER_CONFIG} is false`);
  const adapted = modules.flatMap((module) => {
    const name = [...names].find((name) => isNamed(module, name));
    if (name === undefined) return [];
    const { rank, scaling } = config.of(name);
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

/** How the change of a module is made of its matrices. */
interface Form {
  readonly rank: number;
  /** Factor of B A. */
  readonly scaling: number;
  readonly isDecomposed: boolean;
}

/** The matrices of a new adapter, which is not stored yet. */
export const newAdaptedModule = (module: LinearModule, form: Form): AdaptedModule =>
  adaptedModule(module, form, (part, shape) => {
    const [rows = 1, columns = 1] = shape;
    const name = tensorName(module.name, part);
    return { name, dtype: "F32", shape, file: ADAPTER_WEIGHTS, offset: 0, byteLength: rows * columns * 4 };
  });

function adaptedModule(
  module: LinearModule,
  { rank, scaling, isDecomposed }: Form,
  stored: (part: Part, shape: WeightShape) => StoredTensor,
): AdaptedModule {
  const weight = (part: Part, ...shape: WeightShape): StoredWeight => {
    const name = tensorName(module.name, part);
    const rows = part === "A.weight" ? undefined : module.rows;
    const source = { tensor: name, layout: "linear", ...(rows && { rows }) } as const;
    return { spec: { name, shape }, parts: [{ source, stored: stored(part, shape), outputs: shape[0] }] };
  };
  return {
    module,
    a: weight("A.weight", rank, module.inputs),
    b: weight("B.weight", module.outputs, rank),
    magnitudes: isDecomposed ? weight("magnitude_vector", module.outputs) : undefined,
    scaling,
  };
}

/** An adapter of the model without its head lacks the prefix of the family. */
const isNamed = (module: LinearModule, name: string): boolean =>
  module.name === name || module.bareName === name;

/**
 * The targets of the config must match the tensors: otherwise the two files are of different adapters.
 * Targets of other models do not count.
 */
function checkTargets(
  { path, config }: Adapter,
  modules: readonly LinearModule[],
  adapted: readonly AdaptedModule[],
): void {
  const { targets } = config;
  if (targets === undefined) return;
  const fail = (problem: string) =>
    new GptError("invalid-file", `${join(path, ADAPTER_CONFIG)}: target_modules ${problem}`);
  const known = targets.filter((target) => modules.some((module) => isTarget(module, target)));
  const unused = known.find((target) => !adapted.some(({ module }) => isTarget(module, target)));
  if (unused !== undefined)
    throw fail(`names ${quote(unused)}, but ${ADAPTER_WEIGHTS} has no weights for it`);
  const stray = adapted.find(({ module }) => !targets.some((target) => isTarget(module, target)));
  if (stray !== undefined)
    throw fail(`does not name ${quote(stray.module.name)}, which ${ADAPTER_WEIGHTS} has weights for`);
}
