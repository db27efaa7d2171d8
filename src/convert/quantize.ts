/** Writes a model with its weights in another type: a GGUF file, or a Hugging Face directory. */
import { join } from "node:path";
import type { EncodedType } from "../checkpoint/encodings.ts";
import { ggufParts, writeGgufParts } from "../checkpoint/gguf/writer.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import type { TensorToWrite } from "../checkpoint/tensor-to-write.ts";
import { checkValue, flag, textRule, wholeFrom } from "../checks/rules.ts";
import { isBlocks } from "../compute/packing/stored-types.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { rotaryTensors } from "../families/rotary/rope-entries.ts";
import { lockFile } from "../files/locks/lock.ts";
import { NewDirectory } from "../files/new-directory.ts";
import { refuseOverwriting } from "../files/output-file.ts";
import { findModel } from "../hub/find-model.ts";
import { asDirectory } from "../weights/directory-view.ts";
import { companionsOf, type FloatType, MODEL_WEIGHTS, writeModel } from "../weights/model-writer.ts";
import { openWeights } from "../weights/open.ts";
import { planWeights, type WeightsPlan } from "../weights/plan.ts";
import { type ResolvedWeight, resolveWeights, stackShape } from "../weights/resolve.ts";
import { joinSlices } from "../weights/tensor-writer.ts";
import { Converter, type Target } from "./converter.ts";
import { ggufMetadata, omittedSettings } from "./gguf-metadata.ts";
import { type Fallback, type GgufTypes, ggufTypes } from "./gguf-types.ts";
import type { Importance } from "./importance/importance.ts";
import { type FileType, MIXTURES, mixtureNamed } from "./mixtures.ts";
import { writeNormalDirectory } from "./normal-directory.ts";
import { type ConversionOptions, checkConversionOptions } from "./options.ts";

export interface QuantizeOptions extends ConversionOptions {
  /** Whether to quantize quantized weights, which loses more than their original would. Default false. */
  readonly allowRequantize?: boolean | undefined;
  /**
   * The importance of inputs (`measureImportance`, `readImportance`), for blocks in a GGUF file. Default
   * none.
   */
  readonly importance?: Importance | undefined;
  /** Most bytes of tensors in a GGUF file. A larger model is written in parts. Default: no limit. */
  readonly splitBytes?: number | undefined;
}

/** What was written. */
export interface Quantized {
  /** The files with the weights: several for a GGUF file in parts. */
  readonly files: readonly string[];
  /** Tensors of another type than wanted, because their rows are no whole number of its blocks. */
  readonly fallbacks: readonly Fallback[];
  /** Settings of embeddings (sentence-transformers) that a GGUF file does not hold, in words. */
  readonly omitted: readonly string[];
}

/**
 * Writes a model with its weights in another type. In a GGUF file matrices have the types that llama.cpp
 * gives them (mixtures.ts); norms, biases and position tables are F32. Tensors of the same type and the
 * metadata of a GGUF file are copied.
 *
 * @param nameOrPath as for `loadModel`
 * @param output a path that ends in .gguf, or a new or empty directory, which takes f32, f16, bf16 and nf4
 * @throws GptError as `loadModel`; `invalid-file` for a weight that the type cannot hold; `usage` for a model
 *   that the other format cannot describe, for a quantized model, for blocks in a directory, and for an
 *   output that is the model; as `writeError`; the reason of an aborted signal
 */
export async function quantizeModel(
  nameOrPath: string | undefined,
  output: string,
  type: FileType | "nf4",
  options: QuantizeOptions = {},
): Promise<Quantized> {
  checkValue("output", output, textRule);
  checkConversionOptions(options, "allowRequantize", "importance", "splitBytes");
  const { allowRequantize = false, splitBytes } = options;
  checkValue("allowRequantize", allowRequantize, flag);
  if (splitBytes !== undefined) checkValue("splitBytes", splitBytes, wholeFrom(1));
  const mixture = type === "nf4" ? type : mixtureNamed(type);
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  await refuseOverwriting(output, [checkpoint.path]);
  const plan = await planWeights(checkpoint, await parseModel(checkpoint), () => "f32");
  using open = openWeights(options);
  await using converter = new Converter(open, options);
  if (mixture === "nf4") {
    if (output.endsWith(".gguf"))
      throw new GptError(
        "usage",
        `${output}: NF4 is for directories: llama.cpp has no such type, q4_k_m is near`,
      );
    if (!allowRequantize) refuseCoded(checkpoint.path, plan.weights);
    using directory = await NewDirectory.open(output);
    await writeNormalDirectory(output, plan, converter);
    directory.keep();
    return { files: [join(output, MODEL_WEIGHTS)], fallbacks: [], omitted: [] };
  }
  if (output.endsWith(".gguf")) {
    const metadata = await ggufMetadata(checkpoint, plan.description, MIXTURES[mixture].id);
    const omitted = await omittedSettings(checkpoint, plan.description);
    const types = ggufTypes(plan.description.config, mixture, options.importance);
    if (!allowRequantize) refuseRequantizing(checkpoint.path, plan.weights, types, MIXTURES[mixture].type);
    using _ = await lockFile(output, true);
    const tensors = ggufTensors(plan, types, converter);
    const parts = ggufParts(output, tensors, splitBytes);
    const sources = new Set([...checkpoint.tensors.values()].map(({ file }) => file));
    for (const { path } of parts) await refuseOverwriting(path, [checkpoint.path, ...sources]);
    await writeGgufParts(metadata, parts);
    return { files: parts.map(({ path }) => path), fallbacks: types.fallbacks, omitted };
  }
  const { type: dtype } = MIXTURES[mixture];
  if (!isFloat(dtype)) {
    throw new GptError("usage", `${output}: ${dtype} is for GGUF: write to a path that ends in .gguf`);
  }
  using directory = await NewDirectory.open(output);
  await writeDirectory(output, plan, dtype, converter);
  directory.keep();
  return { files: [join(output, MODEL_WEIGHTS)], fallbacks: [], omitted: [] };
}

/** @throws GptError `usage` for a model whose matrices are quantized */
function refuseCoded(path: string, weights: readonly ResolvedWeight[]): void {
  const stored = weights.flatMap(({ parts }) => parts.map(({ stored }) => stored));
  const lost = stored.find(({ dtype, coded }) => coded !== undefined || isBlocks(dtype));
  if (lost) throw requantizing(path, lost.coded ? "4 bits" : lost.dtype, "NF4");
}

const requantizing = (path: string, found: string, type: string): GptError => {
  const problem = `is quantized already, to ${found}: ${type} of its original loses less`;
  return new GptError("usage", `${path}: ${problem}; or allow it (--allow-requantize)`);
};

function refuseRequantizing(
  path: string,
  weights: readonly ResolvedWeight[],
  { targets }: GgufTypes,
  type: EncodedType,
): void {
  const lost = weights.flatMap(({ parts }, i) => {
    const kept = new Set((targets[i]?.parts ?? []).map(({ dtype }) => dtype as string));
    const isKept = [...kept].every(isFloatName);
    return parts
      .map(({ stored }) => stored.dtype)
      .filter((own) => isBlocks(own) && !isKept && !kept.has(own));
  });
  if (isFloat(type) || lost[0] === undefined) return;
  throw requantizing(path, lost[0], type);
}

function ggufTensors(
  { checkpoint, description, weights }: WeightsPlan,
  { targets }: GgufTypes,
  converter: Converter,
): readonly TensorToWrite[] {
  const tensors = convertWeights(converter, weights, targets);
  const used = new Set(weights.flatMap(({ parts }) => parts.map(({ stored }) => stored.name)));
  const others =
    checkpoint.format === "gguf"
      ? [...checkpoint.tensors.values()]
          .filter(({ name }) => !used.has(name))
          .map((tensor) => converter.copy(tensor))
      : rotaryTensors(description.config);
  return [...tensors, ...others];
}

async function writeDirectory(
  directory: string,
  { checkpoint, weights }: WeightsPlan,
  type: FloatType,
  converter: Converter,
): Promise<void> {
  const target = await asDirectory(checkpoint);
  const targets = resolveWeights(target, await parseModel(target)).map(({ parts }) => ({
    parts: parts.map((part) => ({
      name: part.stored.name,
      shape: stackShape(part),
      source: part.source,
      outputs: part.outputs,
      dtype: type,
    })),
  }));
  const tensors = convertWeights(converter, weights, targets);
  await writeModel(directory, target.config, await companionsOf(checkpoint), type, tensors);
}

/**
 * @param targets the results of the parts of each weight: as many as it has, or others that it is made into
 */
const convertWeights = (
  converter: Converter,
  weights: readonly ResolvedWeight[],
  targets: readonly { readonly parts: readonly Target[] }[],
): TensorToWrite[] =>
  joinSlices(
    weights.flatMap(({ spec, parts }, i) => {
      const made = converter.convertWeight({ spec, parts }, targets[i]?.parts ?? []);
      // A tensor that fills two parts of a weight, such as keys that are values, is written once.
      return made.filter(({ name }, j) => made.findIndex((other) => other.name === name) === j);
    }),
  );

const isFloatName = (type: string): boolean => ["F32", "F16", "BF16"].includes(type);

const isFloat = (type: EncodedType): type is FloatType => isFloatName(type);
