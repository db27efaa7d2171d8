/** Writes a model with a share of its weights set to zero. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { checkValue, objectRule, type Rule, textRule } from "../checks/rules.ts";
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
import { asDirectory } from "../weights/directory-view.ts";
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
import { METHODS, methodRule, type PruneMethod } from "./table.ts";

export interface PruneOptions extends ConversionOptions {
  /** Default `wanda` with a calibration, `magnitude` without. */
  readonly method?: PruneMethod | undefined;
  /** The share of zeros, or groups: "2:4" sets two of every four consecutive inputs to zero. Default 0.5. */
  readonly sparsity?: number | string | undefined;
  /** What `wanda` and `sparsegpt` read: sequences of token ids, or a text. */
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
 * Prunes the matrices of attention and MLPs, and writes the model as a Hugging Face directory in F32. Zeros
 * take the room of other weights: the model becomes neither smaller nor faster by itself.
 *
 * @param nameOrPath as for `loadModel`
 * @param directory new or empty
 * @returns the zeros of each matrix, those that were there before included
 * @throws GptError as `loadModel`, and as `NewDirectory.open`; `usage` for an unknown option, for a method
 *   without the calibration that it needs, and for a model that it cannot prune; the reason of an aborted
 *   signal
 */
export async function pruneModel(
  nameOrPath: string | undefined,
  directory: string,
  options: PruneOptions = {},
): Promise<readonly PrunedShare[]> {
  checkValue("directory", directory, textRule);
  checkConversionOptions(options, ...Object.keys(OWN));
  for (const [name, rule] of Object.entries(OWN)) {
    const value = options[name as keyof typeof OWN];
    if (value !== undefined) checkValue(name, value, rule);
  }
  const { calibration, sparsity = 0.5, signal, onProgress } = options;
  const { method = calibration === undefined ? "magnitude" : "wanda" } = options;
  const { needsCalibration, prune } = METHODS[method];
  if (needsCalibration && calibration === undefined) {
    throw new GptError("usage", `${method} needs a calibration: give one, or choose magnitude`);
  }
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  await refuseOverwriting(directory, [checkpoint.path]);
  const plan = await planWeights(checkpoint, await parseModel(checkpoint), () => "f32");
  const { config } = plan.description;
  const sequences = needsCalibration ? await sequencesOf(calibration ?? [], plan) : [];
  const target = await asDirectory(checkpoint);
  const targets = resolveWeights(target, await parseModel(target));
  using place = await NewDirectory.open(directory);
  const session = { config, contextSize: longestOf(sequences), kvShape: kvShapeOf(config) };
  using open = openWeights(options, (allocated) => checkMemory(session, plan, allocated));
  const values = await loadPlan(open, plan, { signal });
  const matrices = prunedMatrices(plan.weights, values, open.packing);
  const total = matrices.length;
  let done = 0;
  await prune({
    open,
    matrices,
    pattern: patternOf(sparsity),
    sequences: sequences.length,
    calibration: async () => {
      const decoder = await buildDecoder(open.packing, config, values, session.contextSize);
      const walk = new BlockWalk(open, checkpoint.path, decoder, sequences, signal);
      await walk.begin();
      return walk;
    },
    advance: () => {
      signal?.throwIfAborted();
      onProgress?.(++done, total);
    },
  });
  const tensors = joinSlices(
    targets.flatMap((weight) =>
      tensorsToWrite(open.packing, "", weight, matrixNamed(values, weight.spec.name)),
    ),
  );
  await writeModel(directory, target.config, await companionsOf(checkpoint), "F32", tensors);
  const shares: PrunedShare[] = [];
  for (const matrix of matrices) shares.push(await shareOf(matrix));
  place.keep();
  return shares;
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
