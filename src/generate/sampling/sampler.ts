/**
 * Chooses the next token from the logits. The order is llama.cpp's: bias, no-repeat-ngram and penalties; then
 * top-k, typical-p, top-p, min-p. The temperature is last, so that it does not change which tokens they keep.
 */

import type { SamplingSettings } from "../options/settings.ts";
import { candidatesOf, sum, weights } from "./candidates.ts";
import { addBias, forbidRepeatedNgrams, type LogitEdit, penalize } from "./penalties.ts";
import { Random } from "./random.ts";
import { minP, type Step, temperature, topP, typicalP } from "./truncation.ts";

export class Sampler {
  readonly #settings: SamplingSettings;
  readonly #edits: readonly LogitEdit[];
  readonly #steps: readonly Step[];
  readonly #random: Random;

  constructor(settings: SamplingSettings) {
    this.#settings = settings;
    this.#edits = editsOf(settings);
    this.#steps = stepsOf(settings);
    this.#random = new Random(settings.seed);
  }

  /**
   * The id of the next token. If `accepts` refuses it, it is banned for this call and another one is chosen.
   * @param logits one for each token of the vocabulary; edited in place
   * @param history the ids of the prompt and the generated ids, oldest first
   * @throws GptError `invalid-file` for logits that are no numbers, `usage` if every token is banned
   */
  sample(logits: Float32Array, history: readonly number[], accepts = (_id: number) => true): number {
    for (const edit of this.#edits) edit(logits, history);
    for (;;) {
      const id = this.#choose(logits);
      if (accepts(id)) return id;
      logits[id] = -Infinity;
    }
  }

  #choose(logits: Float32Array): number {
    const { temperature, topK } = this.#settings;
    if (temperature === 0) return candidatesOf(logits, 1).ids[0] as number;
    const candidates = this.#steps.reduce((left, step) => step(left), candidatesOf(logits, topK));
    return candidates.ids[draw(weights(candidates), this.#random.uniform())] as number;
  }
}

/** The edits that the settings switch on, in order. */
export function editsOf(settings: SamplingSettings): LogitEdit[] {
  const { logitBias, noRepeatNgramSize, repeatPenalty, repeatLastN, presencePenalty, frequencyPenalty } =
    settings;
  const penalized = repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
  const edits: LogitEdit[] = [];
  if (logitBias.size > 0) edits.push(addBias(logitBias));
  if (noRepeatNgramSize > 0) edits.push(forbidRepeatedNgrams(noRepeatNgramSize));
  if (penalized && repeatLastN !== 0) edits.push(penalize(settings));
  return edits;
}

function stepsOf(settings: SamplingSettings): Step[] {
  const steps: Step[] = [];
  if (settings.typicalP < 1) steps.push(typicalP(settings.typicalP));
  if (settings.topP < 1) steps.push(topP(settings.topP));
  if (settings.minP > 0) steps.push(minP(settings.minP));
  if (settings.temperature !== 1) steps.push(temperature(settings.temperature));
  return steps;
}

/** The first position at which the weights so far exceed a share of their sum, in [0, 1). */
function draw(weights: Float64Array, share: number): number {
  const target = share * sum(weights);
  let position = 0;
  let passed = weights[0] as number;
  while (passed <= target) passed += weights[++position] as number;
  return position;
}
