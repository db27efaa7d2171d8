/** Writes a model with its weights in another type: a GGUF file, or a Hugging Face directory. */
import type { EncodedType } from "../checkpoint/encodings.ts";
import { writeGguf } from "../checkpoint/gguf-writer.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { checkValue, flag, show, textRule } from "../checks/rules.ts";
import { isBlocks } from "../compute/packing/stored-types.ts";
import { GptError } from "../errors.ts";
import { ggufSources } from "../families/gguf-entries.ts";
import { parseModel } from "../families/parse.ts";
import { rotaryTensors } from "../families/rotary/rope-entries.ts";
import { lockFile } from "../files/lock.ts";
import { NewDirectory } from "../files/new-directory.ts";
import { refuseOverwriting } from "../files/output-file.ts";
import { findModel } from "../hub/find-model.ts";
import type { WeightSpec } from "../model/weight-spec.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { encodedType } from "../weights/dtype.ts";
import { companionsOf, type FloatType, writeModel } from "../weights/model-writer.ts";
import { openWeights } from "../weights/open.ts";
import { planWeights, type WeightsPlan } from "../weights/plan.ts";
import { expectedWeights, type ResolvedWeight, resolveWeights, stackShape } from "../weights/resolve.ts";
import { joinSlices } from "../weights/tensor-writer.ts";
import { Converter, type Target } from "./converter.ts";
import { ggufMetadata } from "./gguf-metadata.ts";
import { type ConversionOptions, checkConversionOptions } from "./options.ts";

/** The types of files by the names of llama.cpp. */
export const FILE_TYPES = { q8_0: "Q8_0", q4_0: "Q4_0", f16: "F16", bf16: "BF16", f32: "F32" } as const;
export type FileType = keyof typeof FILE_TYPES;

export interface QuantizeOptions extends ConversionOptions {
  /** Whether to quantize quantized weights, which loses more than their original would. Default false. */
  readonly allowRequantize?: boolean | undefined;
}

/**
 * Writes a model with its weights in another type. In a GGUF file norms, biases and position tables are F32,
 * and rows that are no whole number of blocks are F16. Tensors of the same type and the metadata of a GGUF
 * file are copied.
 *
 * @param nameOrPath as for `loadModel`
 * @param output a path that ends in .gguf, or a new or empty directory, which takes f32, f16 and bf16
 * @throws GptError as `loadModel`; `invalid-file` for a weight that the type cannot hold; `usage` for a model
 *   that the other format cannot describe, for a quantized model, for blocks in a directory, and for an
 *   output that is the model; as `writeError`; the reason of an aborted signal
 */
export async function quantizeModel(
  nameOrPath: string | undefined,
  output: string,
  type: FileType,
  options: QuantizeOptions = {},
): Promise<void> {
  checkValue("output", output, textRule);
  checkConversionOptions(options, "allowRequantize");
  const { allowRequantize = false } = options;
  checkValue("allowRequantize", allowRequantize, flag);
  const dtype = chooseType(type);
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  await refuseOverwriting(output, [checkpoint.path]);
  const plan = await planWeights(checkpoint, await parseModel(checkpoint), () => "f32");
  if (!allowRequantize) refuseRequantizing(checkpoint.path, plan.weights, dtype);
  using open = openWeights(options);
  await using converter = new Converter(open, options);
  if (output.endsWith(".gguf")) {
    using _ = await lockFile(output, true);
    return await writeGgufModel(output, plan, dtype, converter);
  }
  using directory = await NewDirectory.open(output);
  await writeDirectory(output, plan, dtype, converter);
  directory.keep();
}

function refuseRequantizing(path: string, weights: readonly ResolvedWeight[], type: EncodedType): void {
  const stored = weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.dtype));
  const blocks = stored.find((dtype) => isBlocks(dtype) && dtype !== type);
  if (isFloat(type) || blocks === undefined) return;
  const problem = `is quantized already, to ${blocks}: ${type} of its original loses less`;
  throw new GptError("usage", `${path}: ${problem}; or allow it (--allow-requantize)`);
}

async function writeGgufModel(
  path: string,
  { checkpoint, description, weights }: WeightsPlan,
  type: EncodedType,
  converter: Converter,
): Promise<void> {
  const { config } = description;
  const metadata = await ggufMetadata(checkpoint, description, type);
  const targets = expectedWeights({ config, sources: ggufSources(config), prefix: "" });
  const tensors = convertWeights(converter, weights, targets, (spec) => encodedType(spec, type));
  const used = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.name)));
  const others =
    checkpoint.format === "gguf"
      ? [...checkpoint.tensors.values()]
          .filter(({ name }) => !used.has(name))
          .map((tensor) => converter.copy(tensor))
      : rotaryTensors(config);
  await writeGguf(path, metadata, [...tensors, ...others]);
}

async function writeDirectory(
  directory: string,
  { checkpoint, weights }: WeightsPlan,
  type: EncodedType,
  converter: Converter,
): Promise<void> {
  if (!isFloat(type)) {
    throw new GptError("usage", `${directory}: ${type} is for GGUF: write to a path that ends in .gguf`);
  }
  const target = await asDirectory(checkpoint);
  const targets = resolveWeights(target, await parseModel(target)).map(({ parts }) => ({
    parts: parts.map((part) => ({
      name: part.stored.name,
      shape: stackShape(part),
      source: part.source,
      outputs: part.outputs,
    })),
  }));
  const tensors = convertWeights(converter, weights, targets, () => type);
  await writeModel(directory, target.config, await companionsOf(checkpoint), type, tensors);
}

/** @param targets the results of the parts of each weight: as many as it has, or others that it is made into */
const convertWeights = (
  converter: Converter,
  weights: readonly ResolvedWeight[],
  targets: readonly { readonly parts: readonly Omit<Target, "dtype">[] }[],
  dtypeOf: (spec: WeightSpec) => EncodedType,
): TensorToWrite[] =>
  joinSlices(
    weights.flatMap(({ spec, parts }, i) => {
      const own = (targets[i]?.parts ?? []).map((target) => ({ ...target, dtype: dtypeOf(spec) }));
      const made = converter.convertWeight({ spec, parts }, own);
      // A tensor that fills two parts of a weight, such as keys that are values, is written once.
      return made.filter(({ name }, j) => made.findIndex((other) => other.name === name) === j);
    }),
  );

const isFloat = (type: EncodedType): type is FloatType => !type.startsWith("Q");

function chooseType(type: FileType): EncodedType {
  if (Object.hasOwn(FILE_TYPES, type)) return FILE_TYPES[type];
  throw new GptError("usage", `type ${show(type)}: expected one of ${Object.keys(FILE_TYPES).join(", ")}`);
}
