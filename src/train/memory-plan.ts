/** How much memory training takes, told before any of it is allocated. */
import { matrixBytes } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";
import type { ResolvedWeight } from "../model/families/resolve.ts";
import { availableBytes, megabytes, positionTableBytes } from "../model/memory-plan.ts";
import { weightTable } from "../model/weights.ts";
import type { Hyperparameters } from "./hyperparameters.ts";
import { LOGIT_BYTES } from "./loss.ts";

export interface TrainingMemory {
  /** Weights, gradients and two moments. */
  readonly parameters: number;
  /** What the backward pass needs of the forward pass, with the gradients that are known at a time. */
  readonly activations: number;
}

/**
 * @param tokens that go through the model at once
 * @param trains whether a weight is trained, by its canonical name
 */
export function trainingMemory(
  config: DecoderConfig,
  tokens: number,
  trains: (name: string) => boolean = () => true,
): TrainingMemory {
  const parameters = weightTable(config).reduce((sum, { name, shape: [outputs, inputs = 1] }) => {
    return sum + matrixBytes(outputs, inputs, "f32") * (trains(name) ? 4 : 1);
  }, 0);
  const { nEmbd, nInner, nHead, nKvHead, headDim, nLayer } = config;
  const qkv = (nHead + 2 * nKvHead) * headDim;
  const up = config.gated ? 2 * nInner : nInner;
  const block = 6 * nEmbd + qkv * (config.queryKeyNorm ? 3 : 1) + nHead * headDim + up + nInner;
  const gradients = 3 * nEmbd + qkv + nHead * headDim + up + nInner;
  const logits = Math.min(tokens * config.vocabSize * 4, LOGIT_BYTES);
  return {
    parameters,
    activations: 4 * tokens * (nLayer * block + 4 * nEmbd + gradients) + logits,
  };
}

/**
 * @param trained the weights that are not frozen
 * @param allocated bytes already taken
 * @throws GptError `resource` with both numbers
 */
export function checkTrainingMemory(
  config: DecoderConfig,
  trained: readonly ResolvedWeight[],
  contextSize: number,
  { microBatchTokens }: Pick<Hyperparameters, "microBatchTokens">,
  allocated: number,
): void {
  const names = new Set(trained.map(({ spec }) => spec.name));
  const { parameters, activations } = trainingMemory(config, microBatchTokens, (name) => names.has(name));
  const needed = parameters + activations + positionTableBytes(config, contextSize);
  const available = availableBytes(allocated);
  if (needed <= available) return;
  const advice = parameters < available ? "choose fewer microBatchTokens" : "choose a smaller model";
  throw new GptError(
    "resource",
    `training needs ${megabytes(needed)} (weights with gradients and moments ${megabytes(parameters)}, ` +
      `${microBatchTokens} tokens at once ${megabytes(activations)}), ${megabytes(available)} are available: ${advice}`,
  );
}
