/** Writes a model as a directory of bitsandbytes: linear layers in NF4, all else in floats. */
import { asNormalFloats } from "../checkpoint/normal-floats.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import type { JsonObject } from "../files/json.ts";
import { ROUTER } from "../model/weight-spec.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { companionsOf, DTYPE_NAMES, type FloatType, writeModel } from "../weights/model-writer.ts";
import type { WeightsPlan } from "../weights/plan.ts";
import {
  type ExpectedPart,
  type ExpectedWeight,
  expectedWeights,
  type ResolvedWeight,
} from "../weights/resolve.ts";
import { joinSlices } from "../weights/tensor-writer.ts";
import type { Converter } from "./converter.ts";

/** @throws GptError `usage` for a model without a layer that NF4 is for */
export async function writeNormalDirectory(
  directory: string,
  { checkpoint, weights }: WeightsPlan,
  converter: Converter,
): Promise<void> {
  const target = await asDirectory(checkpoint);
  const targets = expectedWeights(await parseModel(target));
  const floats = floatType(weights);
  const skipped = new Set(["lm_head"]);
  const coded: TensorToWrite[] = [];
  const others = weights.flatMap((weight, i) => {
    const { spec, parts } = targets[i] as ExpectedWeight;
    const isCoded = parts.every(isWhole) && isLinear(spec);
    const made = converter.convertWeight(
      weight,
      parts.map((part) => ({
        ...part,
        shape: isCoded ? [part.outputs, spec.shape[1] as number] : part.shape,
        source: isCoded ? { ...part.source, layout: "linear" as const } : part.source,
        dtype: isCoded ? ("F32" as const) : floats,
      })),
    );
    if (isCoded) coded.push(...made.flatMap((tensor) => asNormalFloats(tensor, DTYPE_NAMES[floats])));
    else if (spec.kind === "linear") for (const { name } of made) skipped.add(name.replace(/\.weight$/, ""));
    return isCoded ? [] : made.filter(({ name }, j) => made.findIndex((own) => own.name === name) === j);
  });
  if (coded.length === 0) {
    const problem = "has no linear layer that is a tensor of its own";
    throw new GptError("usage", `${checkpoint.path}: ${problem}, which NF4 is for: choose another type`);
  }
  const config = { ...target.config, quantization_config: quantizationConfig([...skipped], floats) };
  const tensors = [...joinSlices(others), ...coded];
  await writeModel(directory, config, await companionsOf(checkpoint), floats, tensors);
}

/** Heads, routers and experts stay floats, as bitsandbytes leaves all but linear layers. */
const isLinear = ({ kind, part, module, expert }: ExpectedWeight["spec"]): boolean =>
  kind === "linear" && part !== "head" && module !== ROUTER && expert === undefined;

/** Whether it is a tensor of its own. */
const isWhole = ({ source: { range, slice, layout } }: ExpectedPart): boolean =>
  range === undefined && slice === undefined && layout !== "row";

/** The type of floats that the model has; F32 if it is quantized. */
function floatType(weights: readonly ResolvedWeight[]): FloatType {
  const types = weights
    .filter(({ spec }) => spec.shape.length === 2)
    .flatMap(({ parts }) => parts.map(({ stored }) => stored.dtype));
  return types.every((type) => type === "F16")
    ? "F16"
    : types.every((type) => type === "BF16")
      ? "BF16"
      : "F32";
}

/** As transformers writes it. */
const quantizationConfig = (skipped: readonly string[], floats: FloatType): JsonObject => ({
  _load_in_4bit: true,
  _load_in_8bit: false,
  bnb_4bit_compute_dtype: DTYPE_NAMES[floats],
  bnb_4bit_quant_storage: "uint8",
  bnb_4bit_quant_type: "nf4",
  bnb_4bit_use_double_quant: true,
  llm_int8_enable_fp32_cpu_offload: false,
  llm_int8_has_fp16_weight: false,
  llm_int8_skip_modules: skipped,
  llm_int8_threshold: 6,
  load_in_4bit: true,
  load_in_8bit: false,
  quant_method: "bitsandbytes",
});
