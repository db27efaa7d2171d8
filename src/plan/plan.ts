/** What a model takes and how fast it will run, before it is loaded, downloaded or a machine is bought. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { FileType } from "../convert/mixtures.ts";
import { chooseKvTypes, type KvChoice, kvShapeOf } from "../engine/kv-types.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { seesAhead } from "../model/attention/masks.ts";
import { countActiveParameters, countParameters } from "../model/parameters.ts";
import type { Quantization } from "../weights/dtype.ts";
import { chooseContextSize } from "../weights/memory-plan.ts";
import { estimatePass, estimatePrompt, type Limit, limitOf, totalOf } from "./estimate.ts";
import type { MachineFigures } from "./machine.ts";
import { type PlannedMemory, planMemory } from "./memory.ts";
import { type PlannedWeight, storedWeights, weightsOfType } from "./planned-weights.ts";
import { kernelOf } from "./shares.ts";
import { type Work, workOf } from "./work.ts";

export interface PlanOptions {
  /** Default: the model's, at most 4,096. */
  readonly contextSize?: number | undefined;
  /** Weights in memory. Default: as they are stored. */
  readonly quantization?: Quantization | undefined;
  /** As if the model were written in this type first. A config without weights needs it. */
  readonly type?: FileType | undefined;
  readonly kvCache?: KvChoice | undefined;
}

/** A model as `planFor` takes it. */
export interface PlannedModel {
  readonly family: string;
  readonly parameters: number;
  readonly activeParameters: number;
  readonly contextSize: number;
  readonly weights: readonly PlannedWeight[];
  readonly work: Work;
  /**
   * @param stages machines that divide the layers.
   *
   * @throws GptError `usage` for more than there are layers
   */
  memoryOn(machine: MachineFigures, stages?: number): PlannedMemory;
}

/**
 * @throws GptError as `parseModel`, `resolveWeights` and `weightsOfType`; `usage` for a config without
 *   weights and type
 */
export async function planModel(checkpoint: Checkpoint, options: PlanOptions): Promise<PlannedModel> {
  const description = await parseModel(checkpoint, "tokens");
  const { config } = description;
  const { type, quantization, kvCache } = options;
  if (config.encoder !== undefined || seesAhead(config)) {
    throw new GptError("usage", `${checkpoint.path}: has an encoder: gpt plan is for decoders alone`);
  }
  if (type === undefined && checkpoint.tensors.size === 0) {
    throw new GptError(
      "usage",
      `${checkpoint.path}: holds no weights: say their type, such as --type q4_k_m`,
    );
  }
  const weights =
    type === undefined
      ? storedWeights(checkpoint, description, quantization)
      : weightsOfType(description, type);
  const dtypes = weights.map(({ dtype }) => dtype);
  const kvTypes = chooseKvTypes(config, kvCache, dtypes);
  const contextSize = chooseContextSize(config, options.contextSize);
  const sessions = { config, contextSize, kvShape: kvShapeOf(config, kvTypes) };
  return {
    family: config.family,
    parameters: countParameters(config).total,
    activeParameters: countActiveParameters(config),
    contextSize,
    weights,
    work: workOf(config, weights, kvTypes),
    memoryOn({ memoryBytes }, stages = 1) {
      const layers = config.layers.length;
      if (stages <= layers) return planMemory(sessions, weights, memoryBytes, stages);
      throw new GptError("usage", `--stages ${stages}: the model has ${layers} layers: take fewer stages`);
    },
  };
}

/** Names in `gpt bench kernels` of the kernels that decide the speed of a model. */
export function kernelsOf({ work: { products, kvTypes } }: PlannedModel): string[] {
  const names = products.flatMap(({ dtype }) => [kernelOf.row(dtype), kernelOf.rows(dtype)]);
  return [...new Set([...names, kernelOf.attentionRow(kvTypes.keys), kernelOf.attentionRows(kvTypes.keys)])];
}

/** How a model is run. */
export interface Scenario {
  readonly machines: number;
  /**
   * Machines that hold one copy of the model, each some of its layers. The number of machines is a multiple.
   */
  readonly stages: number;
  readonly threads: number;
  /** Texts at a time on each copy. */
  readonly sequences: number;
}

export interface Expectation extends Scenario {
  /** Tokens a second of all texts on all machines. */
  readonly promptRate: number;
  readonly generationRate: number;
  /** Behind a text that fills the context. */
  readonly deepRate: number;
  /** What a generated token waits for most, at the start and behind a full context. */
  readonly limit: Limit;
  readonly deepLimit: Limit;
}

/** Lengths of the texts that a speed is estimated for. */
export interface Lengths {
  /** Tokens of a prompt. */
  readonly nPrompt: number;
  /** Tokens behind it. The middle one is estimated. */
  readonly nGen: number;
  readonly contextSize: number;
}

/**
 * With stages the texts of a copy go through it in as many groups as there are stages: while one group is in
 * the second stage, the next is in the first. A text alone is no faster than on one machine. The network is
 * left out.
 */
export function expectation(
  work: Work,
  machine: MachineFigures,
  { machines, stages, threads, sequences }: Scenario,
  { nPrompt, nGen, contextSize }: Lengths,
): Expectation {
  const copies = machines / stages;
  const group = Math.ceil(sequences / stages);
  const tokenAt = (depth: number) =>
    estimatePass(work, machine, { threads, sequences: group, rows: 1, depth });
  const [early, deep] = [tokenAt(Math.floor(nGen / 2)), tokenAt(contextSize - 1)];
  const prompt = estimatePrompt(work, machine, { threads, sequences: 1, rows: nPrompt, depth: 0 });
  return {
    machines,
    stages,
    threads,
    sequences,
    promptRate: (copies * Math.min(stages, sequences) * nPrompt) / totalOf(prompt),
    generationRate: (copies * sequences) / totalOf(early),
    deepRate: (copies * sequences) / totalOf(deep),
    limit: limitOf(early),
    deepLimit: limitOf(deep),
  };
}
