/** Memory that training needs, computed before any of it is allocated. */
import { matrixBytes } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { AttentionConfig, DecoderConfig, FeedForward, LayerConfig, MlpConfig } from "../model/config.ts";
import type { RecurrentConfig } from "../model/recurrent/config.ts";
import { recurrentSizes } from "../model/recurrent/sizes.ts";
import { weightTable } from "../model/weights.ts";
import { availableBytes, megabytes, positionTableBytes, weightBytes } from "../weights/memory-plan.ts";
import { adapterWeights, type TrainedAdapter } from "./adapter/trained-adapter.ts";
import { OUTPUT_BYTES } from "./step/head-rows.ts";
import type { TrainingPlan } from "./training-plan.ts";

interface LayerWidths {
  readonly block: number;
  readonly gradients: number;
}

export interface TrainingMemory {
  /** Weights, gradients and two moments. */
  readonly parameters: number;
  /** Results of the forward pass that the backward pass reads, and the gradients that exist at a time. */
  readonly activations: number;
}

/**
 * @param tokens that go through the model at once
 * @param model bytes of its weights, with the gradients and moments of trained ones
 * @param adapter that is trained beside the weights
 * @param recomputes whether blocks keep their input alone
 */
export function trainingMemory(
  config: DecoderConfig,
  tokens: number,
  model: number = floatBytes(config, () => true),
  adapter?: TrainedAdapter,
  recomputes = false,
): TrainingMemory {
  const { nEmbd, layers, encoder } = config;
  const widths = [...(encoder?.body.layers ?? []), ...layers].map((layer) => layerWidths(layer, nEmbd));
  const beyond = widthsBeside(config);
  const ofBlocks = widths.map(({ block }) => block);
  const kept = recomputes
    ? Math.max(...ofBlocks) + widths.length * nEmbd
    : ofBlocks.reduce((sum, block) => sum + block);
  const gradients = Math.max(...widths.map(({ gradients }) => gradients)) + beyond.gradients;
  const logits = Math.min(tokens * config.vocabSize * 4, OUTPUT_BYTES);
  const beside = adapter ? adapterMemory(adapter) : { parameters: 0, width: 0 };
  const low = recomputes ? beside.width / widths.length : beside.width;
  return {
    parameters: model + beside.parameters,
    activations: 4 * tokens * (kept + beyond.block + low + 4 * nEmbd + gradients) + logits,
  };
}

/** Bytes of weights in f32, with gradients and moments. @param trains by canonical name */
const floatBytes = (config: DecoderConfig, trains: (name: string) => boolean): number =>
  weightTable(config).reduce((sum, { name, shape: [outputs, inputs = 1] }) => {
    return sum + matrixBytes(outputs, inputs, "f32") * (trains(name) ? 4 : 1);
  }, 0);

/**
 * Elements per token that the backward pass of a layer reads, and elements of its gradients that exist at a
 * time.
 */
function layerWidths({ mixer, mlp, cross }: LayerConfig, nEmbd: number): LayerWidths {
  const own = mixer.kind === "attention" ? attentionWidths(mixer) : recurrentWidths(mixer);
  const inner = mlpWidth(mlp, nEmbd);
  const between = cross ? attentionWidths(cross.attention) : { block: 0, gradients: 0 };
  const crossing = cross ? 3 * nEmbd + between.block : 0;
  return {
    block: 6 * nEmbd + own.block + inner + crossing,
    gradients: 3 * nEmbd + Math.max(own.gradients, between.gradients) + inner,
  };
}

/**
 * Elements of the parallel streams of all layers, which are mixed and added to, and of the vectors of layers
 * with their gates.
 */
function widthsBeside({ nEmbd, layers, streams, embedding }: DecoderConfig): LayerWidths {
  const { count = 0 } = streams ?? {};
  const { width = 0 } = embedding.layerInputs ?? {};
  const ofStreams = count > 0 ? (2 * count + 8) * nEmbd : 0;
  const ofInput = width > 0 ? 3 * width + 2 * nEmbd : 0;
  return {
    block: layers.length * (ofStreams + ofInput + 3 * width),
    gradients: 3 * count * nEmbd + 2 * layers.length * width,
  };
}

/** Elements of the hidden layers of a row: of its experts with their inputs and outputs. */
function mlpWidth(mlp: MlpConfig, nEmbd: number): number {
  const hidden = ({ gated, nInner, sparsity }: FeedForward) => (gated ? 3 : 2) * nInner * (sparsity ? 2 : 1);
  if (mlp.kind === "dense") return hidden(mlp);
  const { active, count, shared } = mlp;
  return active * (hidden(mlp) + 2 * nEmbd) + count + (shared ? hidden(shared) + 2 * nEmbd : 0);
}

/** Norms of heads and gates of the output change their rows in place, so that copies are read. */
function attentionWidths(config: AttentionConfig): LayerWidths {
  const { nHead, nKvHead, headDim, valueDim, qkNorm, outputGate } = config;
  const mixed = nHead * valueDim;
  const qkv = nHead * headDim + nKvHead * (headDim + valueDim);
  const gates = outputGate ? qkv + 2 * mixed : 0;
  return {
    block: qkv * (qkNorm.kind === "none" ? 1 : 3) + mixed + gates,
    gradients: qkv + mixed + gates,
  };
}

/**
 * The projection of the input; the convolution, three times where queries and keys are normed in place; steps
 * and decays; the result of the recurrence before and after each change.
 */
function recurrentWidths(config: RecurrentConfig): LayerWidths {
  const { input, channels, heads, inner } = recurrentSizes(config);
  const projected = input.reduce((sum, part) => sum + part, 0);
  const convolved = channels * (config.kind === "delta-net" ? 3 : 1);
  const block = projected + convolved + 4 * heads + 4 * inner;
  return { block, gradients: projected + channels + 4 * heads + inner };
}

/**
 * Bytes of the matrices with gradients and moments, and elements of their inputs per token that the backward
 * pass reads.
 */
function adapterMemory({ modules, dropout }: TrainedAdapter): { parameters: number; width: number } {
  const parameters = 4 * weightBytes(adapterWeights({ modules }), () => "f32");
  const width = modules.reduce((sum, { module, a, magnitudes }) => {
    return sum + a.spec.shape[0] + (dropout > 0 ? module.inputs : 0) + (magnitudes ? module.outputs : 0);
  }, 0);
  return { parameters, width };
}

type PlannedMemory = Pick<
  TrainingPlan,
  "trained" | "sources" | "dtypeOf" | "adapter" | "reference" | "state"
>;

/** Whether the blocks can be computed again: those that read nothing of others, and are no mixtures. */
const isRecomputable = ({ layers, streams, embedding, encoder }: DecoderConfig): boolean =>
  encoder === undefined &&
  streams === undefined &&
  embedding.layerInputs === undefined &&
  layers.every(
    ({ mixer, mlp }) => mixer.kind === "attention" && mixer.keysFrom === undefined && mlp.kind === "dense",
  );

/**
 * @param allocated bytes already taken
 * @param wish whether blocks are to be computed again. Default: if memory asks for it
 * @returns whether they are
 * @throws GptError `resource` with both numbers, `usage` for a wish that the model cannot have
 */
export function checkTrainingMemory(
  config: DecoderConfig,
  { trained, sources, dtypeOf, adapter, reference, state }: PlannedMemory,
  contextSize: number,
  allocated: number,
  wish?: boolean,
): boolean {
  const { microBatchTokens } = state.hyperparameters;
  const names = new Set(trained.map(({ spec }) => spec.name));
  const model = adapter ? weightBytes(sources, dtypeOf) : floatBytes(config, (name) => names.has(name));
  const can = isRecomputable(config);
  if (wish && !can) {
    const problem = "encoder-decoders, mixtures, recurrent layers and layers that read others";
    throw new GptError("usage", `recompute: ${problem} are not computed again yet: leave it out`);
  }
  const second = reference === undefined ? 0 : weightBytes(reference.weights, reference.dtypeOf);
  const others = second + positionTableBytes(config, contextSize);
  const available = availableBytes(allocated);
  const ways = wish === undefined && can ? [false, true] : [wish ?? false];
  const memories = ways.map((recomputes) => {
    const memory = trainingMemory(config, microBatchTokens, model, adapter, recomputes);
    return { ...memory, recomputes, needed: memory.parameters + memory.activations + others };
  });
  const fitting = memories.find(({ needed }) => needed <= available);
  if (fitting) return fitting.recomputes;
  const [{ parameters, activations, needed }] = memories.slice(-1) as [(typeof memories)[number]];
  const advice = parameters < available ? "choose fewer microBatchTokens" : "choose a smaller model";
  const beside = second === 0 ? "" : `, the reference ${megabytes(second)}`;
  throw new GptError(
    "resource",
    `training needs ${megabytes(needed)} (weights with gradients and moments ${megabytes(parameters)}, ` +
      `${microBatchTokens} tokens at once ${megabytes(activations)}${beside}), ${megabytes(available)} are available: ${advice}`,
  );
}
