/** The weights of a model as memory will hold them: those of a file, or those that a type of files would give. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { layoutOf } from "../compute/packing/stored-types.ts";
import { matrixBytes } from "../compute/tensor.ts";
import { ggufTypes } from "../convert/gguf-types.ts";
import { type FileType, mixtureNamed } from "../convert/mixtures.ts";
import type { ModelDescription } from "../families/description.ts";
import type { WeightSpec } from "../model/weight-spec.ts";
import { weightTable } from "../model/weights.ts";
import { memoryDtype, memoryType, type Quantization } from "../weights/dtype.ts";
import { piecesOf } from "../weights/pieces.ts";
import { resolveWeights } from "../weights/resolve.ts";
import type { ProductDtype } from "./shares.ts";

/** Outputs of a weight that have one type. */
export interface PlannedWeight {
  readonly spec: WeightSpec;
  readonly dtype: ProductDtype;
  /** The name in llama.cpp. */
  readonly type: string;
  readonly outputs: number;
  readonly bytes: number;
}

const planned = (spec: WeightSpec, dtype: ProductDtype, type: string, outputs: number): PlannedWeight => ({
  spec,
  dtype,
  type,
  outputs,
  bytes: matrixBytes(outputs, spec.shape[1] ?? 1, dtype),
});

/**
 * The weights of a checkpoint.
 *
 * @throws GptError as `resolveWeights`
 */
export const storedWeights = (
  checkpoint: Checkpoint,
  description: ModelDescription,
  quantization: Quantization | undefined,
): PlannedWeight[] =>
  resolveWeights(checkpoint, description).flatMap((weight) => {
    const dtype = memoryDtype(quantization)(weight);
    return piecesOf(weight, dtype).map(({ dtype: own, outputs, parts }) =>
      planned(weight.spec, own as ProductDtype, memoryType({ spec: weight.spec, parts }, own), outputs),
    );
  });

/**
 * The weights that a file of this type would have. A config is enough.
 *
 * @throws GptError as `ggufTypes`; `usage` for an unknown type
 */
export function weightsOfType({ config }: ModelDescription, type: FileType): PlannedWeight[] {
  const { targets } = ggufTypes(config, mixtureNamed(type), undefined);
  return weightTable(config).flatMap((spec, i) =>
    (targets[i]?.parts ?? []).map(({ dtype, outputs }) =>
      planned(spec, spec.shape.length === 1 ? "f32" : (layoutOf(dtype) as ProductDtype), dtype, outputs),
    ),
  );
}
