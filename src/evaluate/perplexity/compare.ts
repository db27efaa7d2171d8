/** Difference between the predictions of two models for a text, such as a model and its quantized form. */

import {
  checkOptions,
  checkValue,
  progressRules,
  type Rule,
  textRule,
  wholeFrom,
} from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { LanguageModel } from "../../library/language-model.ts";
import { changeOf } from "./change.ts";
import { scoreTokens } from "./token-scores.ts";
import { wholeWindows } from "./windows.ts";

export interface CompareOptions {
  /** Number of windows, from the start of the text. Default all. */
  readonly windows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the number of tokens that are done, after each window, and the number of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const rules: Readonly<Record<keyof CompareOptions, Rule>> = {
  windows: wholeFrom(1),
  ...progressRules,
};

const modelRule: Rule = { expected: "a loaded model", holds: (value) => value instanceof LanguageModel };

export interface Comparison {
  /** Windows of the text, each as long as the context, and their predicted tokens. */
  readonly windows: number;
  readonly tokens: number;
  /** e to the mean loss of each model. */
  readonly perplexity: number;
  readonly otherPerplexity: number;
  /** The mean Kullback-Leibler divergence of the other's distribution from the model's, in nats. */
  readonly divergence: number;
  /** The share of positions, from 0 to 1, whose likeliest token is the same in both. */
  readonly sameTop: number;
}

/**
 * Runs both models over a text, in windows of the context that do not overlap. Each begins with the begin
 * token, if the tokenizer puts one before prompts. All tokens of a window but the first are predicted.
 *
 * @param other a model with the same vocabulary
 * @throws GptError `usage` for a wrong model, text or option, for different vocabularies, and for a text or a
 *   context of less than two tokens; `invalid-file` for a logit that is NaN or Infinity; the signal's reason
 *   when it is aborted
 */
export async function compareModels(
  model: LanguageModel,
  other: LanguageModel,
  text: string,
  options: CompareOptions = {},
): Promise<Comparison> {
  checkValue("model", model, modelRule);
  checkValue("other", other, modelRule);
  checkValue("text", text, textRule);
  const { windows: most, signal, onProgress } = checkOptions(options, rules);
  refuseOtherVocabulary(model, other);
  const size = Math.min(model.contextSize, other.contextSize);
  const ids = model.tokenizer.encode(text, { parseSpecial: true });
  const windows = wholeWindows(ids, size, model.tokenizer.startIds).slice(0, most);
  if (windows.length === 0) {
    throw new GptError("usage", "the text is too short, or the context: two tokens are needed");
  }

  const total = windows.reduce((sum, { scored }) => sum + scored, 0);
  let done = 0;
  const scores = await scoreTokens([model, other], windows, {
    signal,
    onWindow({ losses }) {
      done += losses.length;
      onProgress?.(done, total);
    },
  });
  const { tokens, perplexity, otherPerplexity, divergence, sameTop } = changeOf(scores);
  return {
    windows: windows.length,
    tokens,
    perplexity: perplexity.value,
    otherPerplexity: otherPerplexity.value,
    divergence: divergence.mean.value,
    sameTop: sameTop.value,
  };
}

/** @throws GptError `usage` for models whose vocabularies have other sizes */
export function refuseOtherVocabulary(model: LanguageModel, other: LanguageModel): void {
  const [size, otherSize] = [model.config.vocabSize, other.config.vocabSize];
  if (size === otherSize) return;
  throw new GptError(
    "usage",
    `models with vocabularies of ${size} and ${otherSize} tokens cannot be compared`,
  );
}
