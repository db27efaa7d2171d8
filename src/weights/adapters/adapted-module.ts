/** The matrices of the adapter of a linear layer, and the tensors of PEFT that hold them. */
import type { StoredTensor } from "../../checkpoint/checkpoint.ts";
import type { WeightSource } from "../../families/description.ts";
import type { WeightShape } from "../../model/weight-spec.ts";
import { type StoredWeight, sliceOf } from "../resolve.ts";
import { ADAPTER_WEIGHTS } from "./config.ts";
import { wrapOf } from "./expert-parameters.ts";
import type { LinearModule } from "./modules.ts";

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
export const tensorName = (module: string, part: Part) => `base_model.model.${module}.lora_${part}`;
/** The tensors of a module. PEFT leaves out ".weight" of the last one. */
type Part = "A.weight" | "B.weight" | "magnitude_vector";

/** How the change of a module is made of its matrices. */
interface Form {
  readonly rank: number;
  /** Factor of B A. */
  readonly scaling: number;
  readonly isDecomposed: boolean;
}

/** The matrices of a new adapter, which is not stored yet. */
export function newAdaptedModules(modules: readonly LinearModule[], form: Form): AdaptedModule[] {
  const names = new Map(modules.map(({ name, stack }) => [name, stack?.owner]));
  const isNested = (owner: string) => [...names.values()].filter((own) => own === owner).length > 1;
  const nested = new Set([...new Set(names.values())].filter((owner) => owner && isNested(owner)));
  return modules.map((module) => {
    const wrap = wrapOf(module, (owner) => nested.has(owner));
    return adaptedModule(module, form, (part, shape) => {
      const [rows = 1, columns = 1] = shape;
      const name = tensorName(wrap, part);
      return { name, dtype: "F32", shape, file: ADAPTER_WEIGHTS, offset: 0, byteLength: rows * columns * 4 };
    });
  });
}

/** @param stored the tensor of a part, of this shape: those of experts share it */
export function adaptedModule(
  module: LinearModule,
  { rank, scaling, isDecomposed }: Form,
  stored: (part: Part, shape: WeightShape) => StoredTensor,
): AdaptedModule {
  const { inputs, outputs, rows, stack } = module;
  const magnitudes = (): StoredWeight => {
    const name = tensorName(module.name, "magnitude_vector");
    const source = { tensor: name, layout: "linear", ...(rows && { rows }) } as const;
    const tensor = stored("magnitude_vector", [outputs]);
    return { spec: { name, shape: [outputs] }, parts: [{ source, stored: tensor, outputs }] };
  };
  const { index, count, turned } = stack ?? { index: 0, count: 1, turned: false };
  const range = stack && { range: { first: index * rank, count: rank, total: count * rank } };
  const every = stack && { every: { index, count } };
  /**
   * A has its matrices one below the other, B side by side. Experts that are turned have A B where others
   * have B A.
   */
  const matrix = (
    part: "A.weight" | "B.weight",
    shape: readonly [number, number],
    order?: WeightSource["rows"],
  ): StoredWeight => {
    const [first, second] = turned ? ([shape[1], shape[0]] as const) : shape;
    const isBelow = part === "A.weight";
    const tensor = stored(part, isBelow ? [first * count, second] : [first, second * count]);
    const place = isBelow ? range : every;
    const layout = turned ? "conv1d" : "linear";
    const source = { tensor: tensor.name, layout, ...(order && { rows: order }), ...place } as const;
    const name = stack ? `${tensor.name}.${index}` : tensorName(module.name, part);
    return { spec: { name, shape }, parts: [{ source, stored: sliceOf(tensor, source), outputs: shape[0] }] };
  };
  const [a, b] = turned ? (["B.weight", "A.weight"] as const) : (["A.weight", "B.weight"] as const);
  return {
    module,
    a: matrix(a, [rank, inputs]),
    b: matrix(b, [outputs, rank], rows),
    magnitudes: isDecomposed ? magnitudes() : undefined,
    scaling,
  };
}
