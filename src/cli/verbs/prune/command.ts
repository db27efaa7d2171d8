/** `gpt prune`: writes a model with weights taken out, and reports what that costs. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { GptError } from "../../../errors.ts";
import { type Comparison, compareModels } from "../../../evaluate/perplexity/compare.ts";
import { readText } from "../../../files/file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { sparsityRule } from "../../../prune/pattern.ts";
import { type Pruned, pruneModel } from "../../../prune/prune-model.ts";
import { type Retrained, retrain } from "../../../prune/retrain.ts";
import { PRUNE_METHODS } from "../../../prune/table.ts";
import { MODEL_WEIGHTS } from "../../../weights/model-writer.ts";
import { defineCommand } from "../../command.ts";
import { expected, flagGroup, integer, oneOf, path, value } from "../../flags/flags.ts";
import { engineFlags, modelFile } from "../../flags/model-flags.ts";
import { jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { reportConflicts, reportFlags } from "../../flags/report-flags.ts";
import { load } from "../../load.ts";
import { comparisonTable } from "../../terminal/comparison-table.ts";
import { bytes, counted, thousands } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output, printable } from "../../terminal/output.ts";
import { type Spinner, startSpinner } from "../../terminal/spinner.ts";

/** 0.5, or 2:4 as a text. */
function sparsity(text: string): number | string {
  const given = text.includes(":") ? text : Number(text);
  if (text.trim() !== "" && sparsityRule.holds(given)) return given;
  throw expected(sparsityRule.expected, text);
}

const flags = {
  ...modelFile(),
  ...flagGroup("Output:", {
    output: outputFlag("The directory to write the model into, in F32"),
    json: jsonFlag(),
    quiet: quietFlag("No spinner, no summary"),
  }),
  ...flagGroup("Pruning:", {
    method: value(
      oneOf(...PRUNE_METHODS),
      `${PRUNE_METHODS.join(", ")} [wanda with --calibrate, else magnitude]`,
    ),
    sparsity: value(
      sparsity,
      "The share of zeros, heads or layers; or groups of weights: 2:4 is two zeros in every four inputs [0.5]",
    ),
    calibrate: value(path, "The text that all methods but those by magnitude measure on", {
      inherited: false,
    }),
    "calibrate-windows": value(integer(1), "Windows of up to 512 tokens of that text, from its start [32]"),
  }),
  ...flagGroup("Retraining:", {
    retrain: value(path, "A text: the pruned model is trained on it, and zeros stay zeros", {
      inherited: false,
    }),
    "retrain-steps": value(integer(1), "Steps of that training, of 4 windows of 256 tokens [100]"),
    lora: value(integer(1), "The rank of an adapter that is trained instead, written to OUTPUT/adapter"),
  }),
  ...reportFlags,
  ...flagGroup("Engine:", { threads: engineFlags.threads, simd: engineFlags.simd }),
};
type PruneArguments = ParsedFlags<typeof flags>;

export const command = defineCommand({
  examples: [
    "gpt prune path/to/model -o half --method magnitude --sparsity 0.5",
    "gpt prune path/to/model -o half --calibrate book.txt --report letters.txt",
    "gpt prune path/to/model -o half --method sparsegpt --sparsity 2:4 --calibrate book.txt",
    "gpt prune path/to/model -o half --calibrate book.txt --retrain book.txt --report letters.txt",
  ],
  flags,
  conflicts: (args) => [
    ...reportConflicts(args),
    {
      holds: args.calibrateWindows !== undefined && args.calibrate === undefined,
      flags: ["calibrate-windows"],
      problem: "--calibrate-windows is about the calibration: give --calibrate TEXT too, or leave it out",
    },
    ...Object.entries({ "retrain-steps": args.retrainSteps, lora: args.lora }).map(([flag, given]) => ({
      holds: given !== undefined && args.retrain === undefined,
      flags: [flag],
      problem: `--${flag} is about the training after pruning: give --retrain TEXT too, or leave it out`,
    })),
  ],
  async handler(args) {
    const { model, output: directory, report, json, quiet } = args;
    if (directory === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
    const text = report === undefined ? undefined : await readText(report);
    const lesson = args.retrain === undefined ? undefined : await readText(args.retrain);
    const name = modelName(findModel(model));
    const start = performance.now();
    let pruned: Pruned | undefined;
    let comparison: Comparison | undefined;
    let retrained: Retrained | undefined;
    let later: Comparison | undefined;
    await interruptible(async (signal) => {
      using spinner = startSpinner(`reading ${name}`, quiet);
      pruned = await prune(args, directory, signal, spinner);
      if (text !== undefined) comparison = await compare(args, directory, text, signal, spinner);
      if (lesson === undefined) return;
      retrained = await train(args, directory, lesson, signal, spinner);
      if (text !== undefined)
        later = await compare(args, directory, text, signal, spinner, retrained.adapter);
    });
    const { size } = await stat(join(directory, MODEL_WEIGHTS));
    const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
    const stdout = new Output();
    const training = retrained === undefined ? {} : { retrained: { ...retrained, ...later } };
    const result = { model: name, directory, bytes: size, ...pruned, ...comparison, ...training, seconds };
    if (json) return await stdout.writeJson(result);
    if (!quiet && pruned) process.stderr.write(`${directory}: ${summary(pruned)}, ${bytes(size)}\n`);
    if (!quiet && retrained) process.stderr.write(`${lessonText(retrained)}\n`);
    if (comparison === undefined) return;
    const others = later === undefined ? [] : [["retrained", later] as const];
    await stdout.write(comparisonTable(name, ["pruned", comparison], ...others));
  },
});

async function prune(
  { model, method, sparsity, calibrate, calibrateWindows: windows, threads, simd }: PruneArguments,
  directory: string,
  signal: AbortSignal,
  spinner: Spinner,
): Promise<Pruned> {
  const onProgress = (done: number, total: number) =>
    spinner.say(`pruning ${Math.floor((100 * done) / total)}%`);
  const calibration =
    calibrate === undefined ? undefined : { path: calibrate, text: await readText(calibrate), windows };
  const options = { method, sparsity, calibration, threads, simd, signal, onProgress };
  return await pruneModel(model, directory, options);
}

/** `10,616,832 of 21,233,664 weights of 24 matrices are zero (50.0%)`, or `without layers 3, 4`. */
function summary({ matrices, layers, heads }: Pruned): string {
  if (layers.length > 0) return `without ${layers.length > 1 ? "layers" : "layer"} ${layers.join(", ")}`;
  if (heads.length > 0) return `without ${counted(heads.length, "head")}`;
  const zeros = matrices.reduce((sum, own) => sum + own.zeros, 0);
  const weights = matrices.reduce((sum, own) => sum + own.weights, 0);
  const share = `${((100 * zeros) / weights).toFixed(1)}%`;
  return `${thousands(zeros)} of ${thousands(weights)} weights of ${matrices.length} matrices are zero (${share})`;
}

async function train(
  { retrain: path = "", retrainSteps: steps, lora: rank, threads, simd }: PruneArguments,
  directory: string,
  text: string,
  signal: AbortSignal,
  spinner: Spinner,
): Promise<Retrained> {
  const onProgress = (done: number, total: number) => spinner.say(`training: step ${done} of ${total}`);
  const options = { threads, simd, signal, onProgress };
  return await retrain(directory, { text: { path, text }, steps, rank }, options);
}

/** `trained for 100 steps: loss 3.1 to 2.9`. */
function lessonText({ steps, losses: [first, last], adapter }: Retrained): string {
  const place = adapter === undefined ? "" : ` · --adapter ${printable(adapter)}`;
  return `trained for ${counted(steps, "step")}: loss ${first.toFixed(3)} to ${last.toFixed(3)}${place}`;
}

async function compare(
  { model, threads, simd, ctxSize: contextSize, windows }: PruneArguments,
  directory: string,
  text: string,
  signal: AbortSignal,
  spinner: Spinner,
  adapter?: string,
): Promise<Comparison> {
  const engine = { threads, simd, contextSize, signal };
  await using before = await load(findModel(model), engine, spinner);
  const adapters = adapter === undefined ? [] : [{ path: adapter }];
  await using after = await load(directory, { ...engine, adapters }, spinner);
  const onProgress = (done: number, total: number) =>
    spinner.say(`comparing: ${thousands(done)} of ${thousands(total)} tokens`);
  return await compareModels(before, after, text, { windows, signal, onProgress });
}
