/**
 * Makes one model of several of the same architecture, tensor by tensor. The peak of memory is the largest
 * tensor of all models in f32.
 */
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { encode } from "../../checkpoint/encodings.ts";
import { openCheckpoint } from "../../checkpoint/open.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { checkOptions, checkValue, number, oneOf, textRule } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import { tokenizerClassOf } from "../../families/find-family.ts";
import { parseModel } from "../../families/parse.ts";
import { NewDirectory } from "../../files/new-directory.ts";
import { refuseOverwriting } from "../../files/output-file.ts";
import { quote } from "../../files/quote.ts";
import { findModel } from "../../hub/find-model.ts";
import { loadTokenizer, type PipelineTokenizer, tokenizerFromGguf } from "../../tokenizer/index.ts";
import { asDirectory } from "../../weights/directory-view.ts";
import { matrixNamed } from "../../weights/load.ts";
import { companionsOf, writeModel } from "../../weights/model-writer.ts";
import { type OpenWeights, openWeights } from "../../weights/open.ts";
import { earlierPart, type ResolvedWeight, resolveWeights, stackShape } from "../../weights/resolve.ts";
import { joinSlices, writePart } from "../../weights/tensor-writer.ts";
import { type ConversionOptions, checkConversionOptions } from "../options.ts";
import { METHODS, type MergeMethod } from "./methods.ts";

export interface MergeOptions extends ConversionOptions {
  readonly method: MergeMethod;
  /** The model whose changes the others are: of task arithmetic and TIES. */
  readonly base?: string | undefined;
  /** One for each model. Default 1. */
  readonly weights?: readonly number[] | undefined;
  /** Of slerp. Default 0.5. */
  readonly t?: number | undefined;
  /** Of TIES: the share of each difference that stays. Default 1. */
  readonly density?: number | undefined;
}

interface Source {
  readonly checkpoint: Checkpoint;
  readonly description: ModelDescription;
  readonly weights: readonly ResolvedWeight[];
}

const rules = {
  method: oneOf(...Object.keys(METHODS)),
  base: textRule,
  weights: {
    expected: "a list of numbers",
    holds: (value: unknown) => Array.isArray(value) && value.every(Number.isFinite),
  },
  t: number("a number from 0 to 1", (value) => value >= 0 && value <= 1),
  density: number("a number above 0 and up to 1", (value) => value > 0 && value <= 1),
};

/**
 * Writes a Hugging Face directory: config and tokenizer files of the base or of the first model, and merged
 * weights in F32.
 *
 * @param models names or paths as for `loadModel`, at least two; one with a base
 * @param directory new or empty
 * @throws GptError `usage` for a setting that the method does not have, and for models of other shapes or
 *   tokens; as `loadModel`; the reason of an aborted signal
 */
export async function mergeModels(
  models: readonly string[],
  directory: string,
  options: MergeOptions,
): Promise<void> {
  const { threads, simd, signal, onProgress, ...given } = options;
  checkConversionOptions({ threads, simd, signal, onProgress });
  const { method = "average", base, ...settings } = checkOptions(given, rules);
  checkValue("directory", directory, textRule);
  const weights = checkedWeights(method, models, base, settings);
  const names = base === undefined ? models : [base, ...models];
  const sources: Source[] = [];
  for (const name of names) sources.push(await open(name));
  const [first, ...others] = sources as [Source, ...Source[]];
  for (const other of others) await refuseOthers(first, other);
  await refuseOverwriting(
    directory,
    sources.map(({ checkpoint }) => checkpoint.path),
  );
  const target = await asDirectory(first.checkpoint);
  const targets = resolveWeights(target, await parseModel(target));
  using place = await NewDirectory.open(directory);
  using opened = openWeights({ threads, simd });
  let done = 0;
  const tensors = targets.flatMap((weight, i) => {
    const own = sources.map(({ weights }) => weights[i] as ResolvedWeight);
    const merge = (tensors: readonly Float32Array[]) => {
      signal?.throwIfAborted();
      onProgress?.(++done, tensors.length);
      return METHODS[method].merge(tensors, { ...settings, weights });
    };
    return tensorsOf(opened, weight, own, merge);
  });
  await writeModel(
    directory,
    target.config,
    await companionsOf(first.checkpoint),
    "F32",
    joinSlices(tensors),
  );
  place.keep();
}

/** Refuses settings that a method does not have. @returns a weight for each model but the base */
function checkedWeights(
  method: MergeMethod,
  models: readonly string[],
  base: string | undefined,
  settings: Pick<MergeOptions, "weights" | "t" | "density">,
): readonly number[] {
  const { hasBase, settings: known, models: wanted } = METHODS[method];
  const fail = (problem: string) => new GptError("usage", `${method}: ${problem}`);
  if (hasBase !== (base !== undefined)) throw fail(hasBase ? "which base?" : "has no base: leave it out");
  const stray = (["weights", "t", "density"] as const).find(
    (name) => settings[name] !== undefined && !known.includes(name),
  );
  if (stray !== undefined) throw fail(`has no ${stray}: leave it out`);
  if (wanted !== undefined && models.length !== wanted)
    throw fail(`expected ${wanted} models, found ${models.length}`);
  if (models.length < (hasBase ? 1 : 2)) throw fail("expected at least two models");
  const { weights = models.map(() => 1) } = settings;
  if (weights.length !== models.length) {
    throw fail(`expected a weight for each of ${models.length} models, found ${weights.length} weights`);
  }
  if (method === "average" && weights.reduce((sum, weight) => sum + weight, 0) === 0) {
    throw fail("the sum of the weights is 0, by which it divides: choose others");
  }
  return weights;
}

async function open(name: string): Promise<Source> {
  const checkpoint = await openCheckpoint(findModel(name));
  const description = await parseModel(checkpoint);
  return { checkpoint, description, weights: resolveWeights(checkpoint, description) };
}

/** @throws GptError `usage` for a model with another architecture, other shapes or other tokens */
async function refuseOthers(first: Source, other: Source): Promise<void> {
  const [path, own] = [first.checkpoint.path, other.checkpoint.path];
  const fail = (problem: string) =>
    new GptError("usage", `${own}: ${problem}: it cannot be merged with ${path}`);
  const [ours, theirs] = [first.description.config, other.description.config];
  if (ours.family !== theirs.family) throw fail(`its family is ${theirs.family}, not ${ours.family}`);
  for (const [i, { spec }] of first.weights.entries()) {
    const found = other.weights[i]?.spec;
    if (found?.name === spec.name && isDeepStrictEqual(found.shape, spec.shape)) continue;
    const what = found ? `${quote(found.name)} of shape ${quote(found.shape)}` : "no such weight";
    throw fail(`it has ${what} in the place of ${quote(spec.name)} of shape ${quote(spec.shape)}`);
  }
  if (!isDeepStrictEqual(ours, theirs)) throw fail("its config describes another model");
  const [known, tokens] = [await tokenizerOf(first.checkpoint), await tokenizerOf(other.checkpoint)];
  if (known && tokens && !isSame(known, tokens)) throw fail("it has other tokens");
}

async function tokenizerOf(checkpoint: Checkpoint): Promise<PipelineTokenizer | undefined> {
  const { path, format } = checkpoint;
  if (format === "gguf") return tokenizerFromGguf(checkpoint.metadata, path);
  const { model_type: type } = checkpoint.config;
  return await loadTokenizer(path, typeof type === "string" ? tokenizerClassOf(type) : undefined);
}

function isSame(a: PipelineTokenizer, b: PipelineTokenizer): boolean {
  if (a.vocabSize !== b.vocabSize) return false;
  for (let id = 0; id < a.vocabSize; id++) if (Buffer.compare(a.bytes(id), b.bytes(id)) !== 0) return false;
  return true;
}

/** The tensors that store a weight, each merged of those of all models. @param own of each model */
function tensorsOf(
  opened: OpenWeights,
  weight: ResolvedWeight,
  own: readonly ResolvedWeight[],
  merge: (tensors: readonly Float32Array[]) => Float32Array,
): TensorToWrite[] {
  let firstOutput = 0;
  return weight.parts.flatMap((part, i) => {
    const first = firstOutput;
    firstOutput += part.outputs;
    if (earlierPart(weight, i) < i) return [];
    const send: TensorToWrite["send"] = async (write) => {
      const tensors: Float32Array[] = [];
      for (const source of own) {
        using beside = opened.beside();
        const matrix = matrixNamed(await beside.load([source], () => "f32"), source.spec.name);
        const chunks: Float32Array[] = [];
        await writePart(beside.packing, matrix, first, part, async (rows) => {
          chunks.push(rows.slice());
        });
        tensors.push(joined(chunks));
      }
      await write(encode("F32", merge(tensors) as Float32Array<ArrayBuffer>));
    };
    return [{ name: part.stored.name, dtype: "F32", shape: stackShape(part), send }];
  });
}

function joined(chunks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const chunk of chunks) {
    whole.set(chunk, length);
    length += chunk.length;
  }
  return whole;
}
