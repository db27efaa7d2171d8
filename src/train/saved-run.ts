/**
 * A run on disk: a Hugging Face directory that every tool reads, and beside its model.safetensors the file
 * optimizer-STEP.safetensors with what a run needs to go on: the moments, the step, the hyperparameters, the place in the data.
 *
 * The optimizer's file is complete before model.safetensors, which names its step, takes the place of the one before; only then
 * is the old optimizer's file removed. So whenever a run is cut off, the directory holds a model and the state that belongs to it.
 */
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { readSafetensors, readSafetensorsMetadata } from "../checkpoint/safetensors.ts";
import { type OutgoingTensor, writeSafetensors } from "../checkpoint/safetensors-writer.ts";
import type { Packing } from "../compute/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { withFile } from "../files/file.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../files/json.ts";
import { writeFile } from "../files/output-file.ts";
import { checkStored, type ResolvedWeight } from "../model/families/resolve.ts";
import { rectangles } from "../model/loader.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import type { Parameter, Weight } from "./parameters.ts";

const WEIGHTS = "model.safetensors";
const OPTIMIZER = /^optimizer-\d+\.safetensors$/;
const optimizerFile = (step: number) => `optimizer-${step}.safetensors`;

/** As PyTorch's AdamW calls the first and the second moment. */
const MOMENTS = ["exp_avg", "exp_avg_sq"] as const;

/** What belongs to a model beside its config and weights. */
const COMPANIONS = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.jinja",
];

export interface RunState {
  /** Updates so far. */
  readonly step: number;
  readonly hyperparameters: Hyperparameters;
  /** The caller's: where the run is in its data, for one. */
  readonly data: JsonValue;
}

/** What is read back: hyperparameters that nobody checked yet, and where moments are. */
export interface SavedRun extends Omit<RunState, "hyperparameters"> {
  readonly hyperparameters: JsonObject;
  /** @throws GptError `invalid-file` for a weight whose moments are not there or have another shape */
  readonly momentsOf: (weights: readonly ResolvedWeight[]) => [ResolvedWeight[], ResolvedWeight[]];
}

/**
 * Writes a run into a directory, which may hold an earlier state of it. A reader finds the earlier state or this one.
 *
 * @param checkpoint what the model was made from: its config and tokenizer files go with it
 * @throws GptError `resource` where it cannot be written
 */
export async function saveRun(
  directory: string,
  checkpoint: HuggingFaceCheckpoint,
  packing: Packing,
  weights: readonly Weight[],
  parameters: readonly Parameter[],
  { step, hyperparameters, data }: RunState,
): Promise<void> {
  await writeFile(join(directory, "config.json"), `${JSON.stringify(asF32(checkpoint.config), null, 2)}\n`);
  await copyCompanions(checkpoint.path, directory);
  const moments = MOMENTS.flatMap((name, i) =>
    parameters.flatMap(({ stored, moments }) => outgoing(packing, `${name}.`, stored, moments[i] as Matrix)),
  );
  const state = {
    format: "pt",
    step: String(step),
    hyperparameters: JSON.stringify(hyperparameters),
    data: JSON.stringify(data),
  };
  await writeSafetensors(join(directory, optimizerFile(step)), state, moments);
  const tensors = weights.flatMap(({ stored, value }) => outgoing(packing, "", stored, value));
  await writeSafetensors(join(directory, WEIGHTS), { format: "pt", step: String(step) }, tensors);
  for (const name of await readdir(directory)) {
    if (OPTIMIZER.test(name) && name !== optimizerFile(step)) await unlink(join(directory, name));
  }
}

/**
 * Reads the state that belongs to the weights of a directory.
 *
 * @throws GptError `not-found` where no run was saved there, `invalid-file` where its state is corrupt
 */
export async function openRun(directory: string): Promise<SavedRun> {
  const { step: stamp } = await readSafetensorsMetadata(join(directory, WEIGHTS));
  if (typeof stamp !== "string" || !/^\d{1,15}$/.test(stamp)) {
    throw new GptError(
      "not-found",
      `${directory}: holds a model but no run to resume: train it from here instead`,
    );
  }
  const step = Number(stamp);
  const path = join(directory, optimizerFile(step));
  const metadata = await readSafetensorsMetadata(path);
  const tensors = await readSafetensors(path);
  const stored = (name: string, shape: readonly number[]) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new GptError("invalid-file", `${path}: tensor ${name} is missing`);
    checkStored(tensor, shape);
    return tensor;
  };
  const resolve = (moment: string, weights: readonly ResolvedWeight[]) =>
    weights.map(({ spec, parts }) => ({
      spec,
      parts: parts.map((part) => ({
        ...part,
        stored: stored(`${moment}.${part.stored.name}`, part.stored.shape),
      })),
    }));
  const hyperparameters = parse(path, metadata, "hyperparameters");
  if (!isJsonObject(hyperparameters)) {
    throw new GptError("invalid-file", `${path}: hyperparameters is no object in braces`);
  }
  const [first, second] = MOMENTS;
  return {
    step,
    hyperparameters,
    data: parse(path, metadata, "data"),
    momentsOf: (weights) => [resolve(first, weights), resolve(second, weights)],
  };
}

/** A matrix as the tensors that the weight of its shape is stored in: their names behind a prefix, their layouts. */
function outgoing(
  packing: Packing,
  prefix: string,
  { parts }: ResolvedWeight,
  matrix: Matrix,
): OutgoingTensor[] {
  let firstOutput = 0;
  return parts.map((part) => {
    const first = firstOutput;
    firstOutput += part.outputs;
    return {
      name: prefix + part.stored.name,
      shape: part.stored.shape,
      send: async (write) => {
        for (const { rectangle } of rectangles(matrix, first, part, "F32")) {
          await packing.unpack(matrix, rectangle, write);
        }
      },
    };
  });
}

/** A config that says what the weights are stored as. */
function asF32(config: JsonObject): JsonObject {
  const names = ["torch_dtype", "dtype"].filter((name) => config[name] !== undefined);
  return { ...config, ...Object.fromEntries(names.map((name) => [name, "float32"])) };
}

export async function copyCompanions(from: string, to: string): Promise<void> {
  const there = new Set(await readdir(from));
  for (const name of COMPANIONS.filter((name) => there.has(name))) {
    const content = await withFile(join(from, name), (file) => file.readAll());
    await writeFile(join(to, name), content);
  }
}

function parse(path: string, metadata: JsonObject, name: string): JsonValue {
  const text = metadata[name];
  try {
    if (typeof text === "string") return JSON.parse(text);
  } catch {
    // said below
  }
  throw new GptError("invalid-file", `${path}: ${name} of the metadata is not valid JSON`);
}
