/** A number that follows from what a model says after a text, and its derivatives. The weights are f32. */
import type { Model } from "../../engine/model.ts";
import { Distribution } from "../distribution.ts";
import { hiddenName } from "../parts.ts";

/**
 * What is differentiated, after the last id: the log-probability of a token, or the difference of the logits of
 * two.
 */
export interface Score {
  readonly token: number;
  readonly against?: number | undefined;
}

/** The result that stands for the text: what enters the first block. */
export const INPUT = hiddenName(0);

/** The score by these logits. */
export function scoreBy(logits: Float32Array, { token, against }: Score): number {
  if (against === undefined) return new Distribution(logits).logProbability(token);
  return (logits[token] as number) - (logits[against] as number);
}

/** The gradient of a score with respect to a result of a run. */
export async function gradientOf(
  model: Model,
  ids: readonly number[],
  score: Score,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  await model.differentiate({
    ids,
    from: ids.length - 1,
    signal,
    score: (logits) => void toScoreGradient(logits, score),
    observer: {
      wants: () => false,
      see: () => undefined,
      wantsGradient: (name) => names.includes(name),
      seeGradient: (name, gradient) => void found.set(name, gradient),
    },
  });
  return found;
}

/** The score and its gradient with respect to the input of the first block. @param input in its place */
export async function differentiated(
  model: Model,
  ids: readonly number[],
  score: Score,
  input: Float32Array | undefined,
  signal: AbortSignal | undefined,
) {
  let value = Number.NaN;
  let [own, gradient] = [new Float32Array() as Float32Array, new Float32Array() as Float32Array];
  await model.differentiate({
    ids,
    from: ids.length - 1,
    signal,
    score: (logits) => {
      value = toScoreGradient(logits, score);
    },
    observer: {
      wants: (name) => name === INPUT,
      see(_name, _shape, values) {
        own = values;
        return input;
      },
      wantsGradient: (name) => name === INPUT,
      seeGradient(_name, found) {
        gradient = found;
      },
    },
  });
  return { value, input: own, gradient };
}

/** Puts the gradient of a score in the place of the logits. Returns the score. */
function toScoreGradient(logits: Float32Array, score: Score): number {
  const value = scoreBy(logits, score);
  const { token, against } = score;
  if (against === undefined) {
    toLogProbabilityGradient(logits, token, 1);
    return value;
  }
  logits.fill(0);
  logits[token] = 1;
  logits[against] = -1;
  return value;
}

/** d ln p(token) / d logits = one-hot - softmax, times a factor */
export function toLogProbabilityGradient(logits: Float32Array, token: number, factor: number): void {
  const distribution = new Distribution(logits.slice());
  for (let id = 0; id < logits.length; id++) {
    logits[id] = factor * ((id === token ? 1 : 0) - distribution.probability(id));
  }
}
