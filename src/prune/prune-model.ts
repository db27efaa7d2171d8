/** Writes a model with a share of its weights set to zero, or without some of its heads or layers. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { checkValue, objectRule, type Rule, textRule } from "../checks/rules.ts";
import type { Packing } from "../compute/packing/packing.ts";
import { type CalibrationText, calibrationWindows } from "../convert/calibration-windows.ts";
import { type ConversionOptions, checkConversionOptions } from "../convert/options.ts";
import { kvShapeOf } from "../engine/kv-types.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { NewDirectory } from "../files/new-directory.ts";
import { refuseOverwriting } from "../files/output-file.ts";
import { findModel } from "../hub/find-model.ts";
import { tokenizerOf } from "../tokenizer/index.ts";
import { buildDecoder } from "../weights/build-decoder.ts";
import { asDirectory, directoryOf } from "../weights/directory-view.ts";
import { matrixNamed } from "../weights/load.ts";
import { checkMemory } from "../weights/memory-plan.ts";
import { companionsOf, writeModel } from "../weights/model-writer.ts";
import { openWeights } from "../weights/open.ts";
import { loadPlan, planWeights, type WeightsPlan } from "../weights/plan.ts";
import { resolveWeights } from "../weights/resolve.ts";
import { joinSlices, tensorsToWrite } from "../weights/tensor-writer.ts";
import { BlockWalk } from "./block-walk.ts";
import { type PrunedMatrix, prunedMatrices, readValues } from "./matrices.ts";
import { patternOf, sparsityRule } from "./pattern.ts";
import type { PruneRun, SmallerModel } from "./prune-run.ts";
import { METHODS, methodRule, type PruneMethod } from "./table.ts";

export interface PruneOptions extends ConversionOptions {
  /** Default `wanda` with a calibration, `magnitude` without. */
  readonly method?: PruneMethod | undefined;
  /**
   * The share of zeros, of heads or of layers; or groups of weights: "2:4" sets two of every four
   * consecutive inputs to zero. Default 0.5.
   */
  readonly sparsity?: number | string | undefined;
  /** What all methods but those by magnitude read: sequences of token ids, or a text. */
  readonly calibration?: readonly (readonly number[])[] | PruneText | undefined;
}

/** A text for a model with a tokenizer. */
export interface PruneText extends CalibrationText {
  /** Most windows of it, from its start. Default 32. */
  readonly windows?: number | undefined;
}

/** Tokens of a window, or of the context if that is smaller. */
const WINDOW = 512;
const WINDOWS = 32;

/** What a pruned model lacks. A model without heads or layers has no matrices with zeros. */
export interface Pruned {
  /** The zeros of each matrix, those that were there before included. Empty for heads and layers. */
  readonly matrices: readonly PrunedShare[];
  /** Numbers of the layers that are gone. */
  readonly layers: readonly number[];
  /** Layers and numbers of the heads that are gone. */
  readonly heads: readonly (readonly [layer: number, head: number])[];
}

/** Zeros of a matrix after pruning. */
export interface PrunedShare {
  readonly name: string;
  readonly zeros: number;
  readonly weights: number;
}

const isId = (id: unknown): boolean => Number.isSafeInteger(id) && (id as number) >= 0;

const calibrationRule: Rule = {
  expected: "a list of sequences of token ids, or a path and a text",
  holds: (value) =>
    Array.isArray(value)
      ? value.every((ids) => Array.isArray(ids) && ids.length > 0 && ids.every(isId))
      : objectRule.holds(value) && typeof (value as PruneText).text === "string",
};

const OWN = { method: methodRule, sparsity: sparsityRule, calibration: calibrationRule };

/**
 * Prunes a model, and writes it as a Hugging Face directory in F32. Zeros take the room of other weights: a
 * model without some of its heads or layers is smaller and faster, one with zeros is not.
 *
 * @param nameOrPath as for `loadModel`
 * @param directory new or empty
 * @throws GptError as `loadModel`, and as `NewDirectory.open`; `usage` for an unknown option, for a method
 *   without the calibration that it needs, and for a model that it cannot prune; the reason of an aborted
 *   signal
 */
export async function pruneModel(
  nameOrPath: string | undefined,
  directory: string,
  options: PruneOptions = {},
): Promise<Pruned> {
  checkValue("directory", directory, textRule);
  checkConversionOptions(options, ...Object.keys(OWN));
  for (const [name, rule] of Object.entries(OWN)) {
    const value = options[name as keyof typeof OWN];
    if (value !== undefined) checkValue(name, value, rule);
  }
  const { calibration, sparsity = 0.5, signal, onProgress } = options;
  const { method = calibration === undefined ? "magnitude" : "wanda" } = options;
  const chosen = METHODS[method];
  const { needsCalibration } = chosen;
  const pattern = patternOf(sparsity);
  if (chosen.gives === "smaller model" && pattern.kind === "groups")
    throw new GptError("usage", `${sparsity} is for weights: give ${method} a share, such as 0.25`);
  if (needsCalibration && calibration === undefined) {
    throw new GptError("usage", `${method} needs a calibration: give one, or choose magnitude`);
  }
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  await refuseOverwriting(directory, [checkpoint.path]);
  const plan = await planWeights(checkpoint, await parseModel(checkpoint), () => "f32");
  const { config } = plan.description;
  const sequences = needsCalibration ? await sequencesOf(calibration ?? [], plan) : [];
  using place = await NewDirectory.open(directory);
  const session = { config, contextSize: longestOf(sequences), kvShape: kvShapeOf(config) };
  using open = openWeights(options, (allocated) => checkMemory(session, plan, allocated));
  const values = await loadPlan(open, plan, { signal });
  const matrices = prunedMatrices(plan.weights, values, open.packing);
  const decoder = () => buildDecoder(open.packing, config, values, session.contextSize);
  let done = 0;
  const run: PruneRun = {
    ...{ open, path: checkpoint.path, config, values, matrices, sequences, decoder, pattern },
    calibration: () => BlockWalk.begin(run, signal),
    advance: (total) => {
      signal?.throwIfAborted();
      onProgress?.(++done, total);
    },
  };
  let smaller: SmallerModel | undefined;
  if (chosen.gives === "zeros") await chosen.prune(run);
  else smaller = await chosen.prune(run);
  await write(directory, plan, open.packing, smaller ?? { config, values });
  const shares: PrunedShare[] = [];
  if (!smaller) for (const matrix of matrices) shares.push(await shareOf(matrix));
  place.keep();
  const { layers = [], heads = [] } = smaller ?? {};
  return { matrices: shares, layers, heads };
}

async function write(
  directory: string,
  { checkpoint, description }: WeightsPlan,
  packing: Packing,
  { config, values }: Pick<SmallerModel, "config" | "values">,
): Promise<void> {
  const isSame = config === description.config;
  const fields = checkpoint.format === "huggingface" ? checkpoint.config : {};
  const target = isSame
    ? await asDirectory(checkpoint)
    : await directoryOf(checkpoint.path, { ...description, config }, fields);
  const weights = resolveWeights(target, await parseModel(target));
  const tensors = joinSlices(
    weights.flatMap((weight) => tensorsToWrite(packing, "", weight, matrixNamed(values, weight.spec.name))),
  );
  await writeModel(directory, target.config, await companionsOf(checkpoint), "F32", tensors);
}

async function shareOf(matrix: PrunedMatrix): Promise<PrunedShare> {
  const values = await readValues(matrix);
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return { name: matrix.name, zeros, weights: values.length };
}

const longestOf = (sequences: readonly (readonly number[])[]): number =>
  sequences.reduce((most, { length }) => Math.max(most, length), 1);

/** @throws GptError `usage` for ids that the model does not take, and for a text without a tokenizer */
async function sequencesOf(
  calibration: NonNullable<PruneOptions["calibration"]>,
  { checkpoint, description }: WeightsPlan,
): Promise<readonly (readonly number[])[]> {
  const { vocabSize, nPositions } = description.config;
  if ("text" in calibration) {
    const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
    if (tokenizer === undefined)
      throw new GptError("usage", `${checkpoint.path}: has no tokenizer for ${calibration.path}`);
    const { windows = WINDOWS } = calibration;
    return calibrationWindows(tokenizer, calibration, Math.min(WINDOW, nPositions), windows);
  }
  const wrong = calibration.find((ids) => ids.length > nPositions || ids.some((id) => id >= vocabSize));
  if (wrong === undefined) return calibration;
  const found = `a sequence of ${wrong.length} ids up to ${Math.max(...wrong)}`;
  const taken = `the model takes ${nPositions} ids below ${vocabSize}`;
  throw new GptError("usage", `calibration: ${found}, but ${taken}`);
}
