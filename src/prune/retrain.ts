/** Training after pruning: what is left learns to do without what is gone. */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "../checkpoint/open.ts";
import { type CalibrationText, calibrationWindows } from "../convert/calibration-windows.ts";
import type { ConversionOptions } from "../convert/options.ts";
import { shuffled } from "../data/index.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { makeDirectory } from "../files/output-file.ts";
import { tokenizerOf } from "../tokenizer/index.ts";
import { createTrainer } from "../train/create-trainer.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../weights/adapters/config.ts";
import { MODEL_WEIGHTS } from "../weights/model-writer.ts";

export interface Retraining {
  readonly text: CalibrationText;
  /** Default 100. */
  readonly steps?: number | undefined;
  /** Highest learning rate. Default 1e-4 of all weights, 1e-3 of an adapter. */
  readonly lr?: number | undefined;
  /** Rank of an adapter, which is trained in place of the weights. */
  readonly rank?: number | undefined;
  readonly seed?: number | undefined;
}

export interface Retrained {
  readonly steps: number;
  /** Loss of the first step and of the last one, in nats a token. */
  readonly losses: readonly [first: number, last: number];
  /** The directory of the adapter, if there is one. */
  readonly adapter: string | undefined;
}

/** Windows of a step, and their tokens. */
const WINDOWS = 4;
const WINDOW = 256;
const STEPS = 100;
const ADAPTER = "adapter";

/**
 * Trains a pruned model on a text, and writes it in the place of what it was. Zeros of its matrices stay zeros. An
 * adapter is written into a directory inside of the model's.
 *
 * @throws GptError `usage` for a model without a tokenizer, and as `createTrainer`; the reason of an aborted signal
 */
export async function retrain(
  directory: string,
  { text, steps = STEPS, rank, lr = rank === undefined ? 1e-4 : 1e-3, seed = 1 }: Retraining,
  { threads, simd, signal, onProgress }: ConversionOptions,
): Promise<Retrained> {
  await using trainer = await createTrainer({
    ...{ model: directory, contextSize: WINDOW, steps, lr, seed, threads, simd, signal },
    ...{ warmupSteps: Math.ceil(steps / 20), weightDecay: 0, keepZeros: rank === undefined },
    trained: rank === undefined ? { kind: "all" } : { kind: "adapter", rank },
  });
  const windows = await windowsOf(directory, text, trainer.contextSize);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const batch = Array.from({ length: Math.min(WINDOWS, windows.length) }, (_, i) => {
      const number = step * WINDOWS + i;
      const epoch = Math.floor(number / windows.length);
      return windows[shuffled(number % windows.length, windows.length, [seed, epoch])] ?? [];
    });
    losses.push((await trainer.step(batch, signal === undefined ? {} : { signal })).loss);
    onProgress?.(step + 1, steps);
  }
  const stage = await mkdtemp(join(directory, ".retrained-"));
  try {
    await trainer.save(stage);
    const adapter = rank === undefined ? undefined : join(directory, ADAPTER);
    if (adapter !== undefined) await makeDirectory(adapter);
    const names = adapter === undefined ? [MODEL_WEIGHTS] : [ADAPTER_CONFIG, ADAPTER_WEIGHTS];
    for (const name of names) await rename(join(stage, name), join(adapter ?? directory, name));
    return { steps, losses: [losses[0] ?? Number.NaN, losses.at(-1) ?? Number.NaN], adapter };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function windowsOf(directory: string, text: CalibrationText, size: number): Promise<number[][]> {
  const checkpoint = await openCheckpoint(directory);
  const tokenizer = await tokenizerOf(checkpoint, (await parseModel(checkpoint)).vocabulary);
  if (tokenizer !== undefined) return calibrationWindows(tokenizer, text, size);
  throw new GptError("usage", `${directory}: has no tokenizer for ${text.path}`);
}
