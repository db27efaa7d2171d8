/**
 * A run on disk: the directory of a model or of an adapter, and beside its weights the file
 * optimizer-STEP.safetensors with the state of the run: moments, step, hyperparameters, and data of the
 * caller.
 *
 * A save writes the new optimizer's file first. The weights, which name its step, then replace the old ones,
 * and the old optimizer's file is removed last. So a directory holds weights with their own state whenever a
 * save is cut off.
 */
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, readSafetensorsMetadata } from "../checkpoint/safetensors.ts";
import { writeSafetensors } from "../checkpoint/safetensors-writer.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../files/json.ts";
import { writeFile } from "../files/output-file.ts";
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS } from "../weights/adapters/config.ts";
import { type Companions, MODEL_WEIGHTS, writeCompanions, writeModelFiles } from "../weights/model-writer.ts";
import type { StoredWeight } from "../weights/resolve.ts";
import { storedIn } from "../weights/stored-in.ts";
import { joinSlices, tensorsToWrite } from "../weights/tensor-writer.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import type { Parameter, Weight } from "./parameters.ts";

const OPTIMIZER = /^optimizer-\d+\.safetensors$/;
const optimizerFile = (step: number) => `optimizer-${step}.safetensors`;

const STEP = /^\d{1,15}$/;

/** Names of the first and the second moment in PyTorch's AdamW. */
const MOMENTS = ["exp_avg", "exp_avg_sq"] as const;

export interface RunState {
  /** Number of updates so far. */
  readonly step: number;
  readonly hyperparameters: Hyperparameters;
  /** Data of the caller. */
  readonly data: JsonValue;
  /** The model that the run started from. Old runs do not say it. */
  readonly start: string | undefined;
  /** Updates before the moments began; 0 unless a replica joined a run of others. */
  readonly since: number;
}

/** A run as it is read: with unchecked hyperparameters, and the places of the moments. */
export interface SavedRun extends Omit<RunState, "hyperparameters"> {
  /** The optimizer's file. */
  readonly file: string;
  readonly hyperparameters: JsonObject;
  /** @throws GptError `invalid-file` for missing moments, and for moments of another shape */
  readonly momentsOf: (weights: readonly StoredWeight[]) => [StoredWeight[], StoredWeight[]];
}

/** Product of a run: its weights, and the files beside them. */
export interface Product {
  /** Name of the file of the weights. */
  readonly weightsFile: string;
  readonly weights: readonly Weight[];
  /** Writes the files beside the weights. */
  readonly writeConfig: (directory: string) => Promise<void>;
  /**
   * Weights with a file of their own. `resume` reads them from the optimizer's file, which has their step.
   */
  readonly beside?: { readonly file: string; readonly weights: readonly Weight[] } | undefined;
}

/** @param companions files beside the weights */
export const modelProduct = (
  config: JsonObject,
  companions: Companions,
  weights: readonly Weight[],
): Product => ({
  weightsFile: MODEL_WEIGHTS,
  weights,
  writeConfig: (directory) => writeModelFiles(directory, config, companions),
});

export const adapterProduct = (
  config: JsonObject,
  companions: Companions,
  weights: readonly Weight[],
): Product => ({
  weightsFile: ADAPTER_WEIGHTS,
  weights,
  async writeConfig(directory) {
    await writeFile(join(directory, ADAPTER_CONFIG), `${JSON.stringify(config, null, 2)}\n`);
    await writeCompanions(directory, companions);
  },
});

/**
 * Writes a run into a directory, which may hold an earlier state of the run. A reader finds either state, and
 * each is complete.
 *
 * @throws GptError as `writeError`
 */
export async function saveRun(
  directory: string,
  packing: Packing,
  { weightsFile, weights, writeConfig, beside }: Product,
  parameters: readonly Parameter[],
  { step, hyperparameters, data, start, since }: RunState,
): Promise<void> {
  await writeConfig(directory);
  const moments = MOMENTS.flatMap((name, i) =>
    parameters.flatMap(({ stored, moments }) =>
      tensorsToWrite(packing, `${name}.`, asMoment(stored), moments[i] as Matrix),
    ),
  );
  const state = {
    format: "pt",
    step: String(step),
    hyperparameters: JSON.stringify(hyperparameters),
    data: JSON.stringify(data),
    ...(start === undefined ? {} : { start }),
    ...(since === 0 ? {} : { since: String(since) }),
  };
  const written = (own: readonly Weight[]) =>
    own.flatMap(({ stored, value }) => tensorsToWrite(packing, "", stored, value));
  const others = written(beside?.weights ?? []);
  await writeSafetensors(join(directory, optimizerFile(step)), state, joinSlices([...moments, ...others]));
  if (beside) await writeSafetensors(join(directory, beside.file), { format: "pt" }, joinSlices(others));
  const tensors = written(weights);
  await writeSafetensors(
    join(directory, weightsFile),
    { format: "pt", step: String(step) },
    joinSlices(tensors),
  );
  for (const name of await readdir(directory)) {
    if (OPTIMIZER.test(name) && name !== optimizerFile(step)) await unlink(join(directory, name));
  }
}

/** A moment is stored as its weight is, but as it is: nothing is subtracted, and it has no logarithm. */
const asMoment = ({ spec, parts }: StoredWeight): StoredWeight => ({
  spec,
  parts: parts.map((part) => {
    const { less: _, logarithm: __, ...source } = part.source;
    return { ...part, source };
  }),
});

/**
 * Reads the state that belongs to the weights of a directory.
 *
 * @param weightsFile of a `Product`
 * @throws GptError `not-found` for a directory without a run, `invalid-file` for a corrupt state
 */
export async function openRun(directory: string, weightsFile: string): Promise<SavedRun> {
  const { step: stamp } = await readSafetensorsMetadata(join(directory, weightsFile));
  if (typeof stamp !== "string" || !STEP.test(stamp)) {
    throw new GptError(
      "not-found",
      `${directory}: holds a model but no run to resume: train it from here instead`,
    );
  }
  const step = Number(stamp);
  const path = join(directory, optimizerFile(step));
  const metadata = await readSafetensorsMetadata(path);
  const tensors = await readSafetensors(path);
  const resolve = (moment: string, weights: readonly StoredWeight[]) =>
    weights.map((weight) => storedIn(tensors, path, asMoment(weight), `${moment}.`));
  const hyperparameters = parse(path, metadata, "hyperparameters");
  if (!isJsonObject(hyperparameters)) {
    throw new GptError("invalid-file", `${path}: hyperparameters is no object in braces`);
  }
  const [first, second] = MOMENTS;
  return {
    file: path,
    step,
    hyperparameters: upgraded(hyperparameters),
    data: parse(path, metadata, "data"),
    start: typeof metadata.start === "string" ? metadata.start : undefined,
    since: STEP.test(String(metadata.since)) ? Number(metadata.since) : 0,
    momentsOf: (weights) => [resolve(first, weights), resolve(second, weights)],
  };
}

function parse(path: string, metadata: JsonObject, name: string): JsonValue {
  const text = metadata[name];
  try {
    if (typeof text === "string") return JSON.parse(text);
  } catch {
    // the error below names the field
  }
  throw new GptError("invalid-file", `${path}: ${name} of the metadata is not valid JSON`);
}

/** Runs of version 0.1 have three fields in place of `trained` and `objective`. */
function upgraded({ lora, classification, freeze, ...others }: JsonObject): JsonObject {
  if (lora === undefined && classification === undefined) return others;
  const isFrozen = Array.isArray(freeze) && freeze.length > 0;
  const trained = isJsonObject(lora)
    ? { kind: "adapter", ...lora }
    : isFrozen
      ? { kind: "some", freeze }
      : { kind: "all" };
  const objective = isJsonObject(classification)
    ? { kind: "classes", ...classification }
    : { kind: "language" };
  return { ...others, trained, objective };
}
