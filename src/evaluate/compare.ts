/** Difference between the predictions of two models for a text, such as a model and its quantized form. */

import { checkOptions, checkValue, progressRules, type Rule, textRule, wholeFrom } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import { noNumber } from "../generate/sampling/candidates.ts";
import { LanguageModel } from "../library/language-model.ts";
import type { Session } from "../text/text-model.ts";

/** Bytes of the logits of both models for one chunk. */
const LOGITS_BYTES = 1 << 25;

export interface CompareOptions {
  /** Number of windows, from the start of the text. Default all. */
  readonly windows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the number of tokens that are done, after each chunk, and the number of all. */
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
  const { vocabSize } = model.config;
  if (other.config.vocabSize !== vocabSize) {
    const sizes = `${vocabSize} and ${other.config.vocabSize}`;
    throw new GptError("usage", `models with vocabularies of ${sizes} tokens cannot be compared`);
  }
  const size = Math.min(model.contextSize, other.contextSize);
  const windows = windowsOf(model, text, size).slice(0, most);
  if (windows.length === 0) {
    throw new GptError("usage", "the text is too short, or the context: two tokens are needed");
  }

  const total = windows.reduce((sum, ids) => sum + ids.length - 1, 0);
  const chunk = Math.max(1, Math.floor(LOGITS_BYTES / (8 * vocabSize)));
  const sessions = [model.createSession(), other.createSession()] as const;
  const sums = new Sums(vocabSize);
  try {
    for (const ids of windows) {
      for (const session of sessions) session.truncate(0);
      for (let begin = 0; begin + 1 < ids.length; begin += chunk) {
        const end = Math.min(begin + chunk, ids.length - 1);
        const append = (session: Session) => session.append(ids.slice(begin, end), { every: true, signal });
        sums.add(await append(sessions[0]), await append(sessions[1]), ids.slice(begin + 1, end + 1));
        onProgress?.(sums.tokens, total);
      }
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  return { windows: windows.length, ...sums.means() };
}

/** The text's tokens in windows of at most `size`. A window of one token predicts nothing and is left out. */
function windowsOf({ tokenizer }: LanguageModel, text: string, size: number): number[][] {
  const start = tokenizer.startIds;
  const ids = tokenizer.encode(text, { parseSpecial: true });
  const step = Math.max(1, size - start.length);
  const count = Math.ceil(ids.length / step);
  return Array.from({ length: count }, (_, i) => [...start, ...ids.slice(i * step, (i + 1) * step)]).filter(
    (window) => window.length > 1,
  );
}

/** Sums over positions. */
class Sums {
  tokens = 0;
  readonly #vocabSize: number;
  #loss = 0;
  #otherLoss = 0;
  #divergence = 0;
  #sameTop = 0;

  constructor(vocabSize: number) {
    this.#vocabSize = vocabSize;
  }

  /** @param logits, others [targets, vocabulary] */
  add(logits: Float32Array, others: Float32Array, targets: readonly number[]): void {
    for (const [i, target] of targets.entries()) {
      const row = (all: Float32Array) => all.subarray(i * this.#vocabSize, (i + 1) * this.#vocabSize);
      this.#addRow(row(logits), row(others), target);
    }
  }

  #addRow(a: Float32Array, b: Float32Array, target: number): void {
    const [first, second] = [normalizer(a), normalizer(b)];
    let divergence = 0;
    for (let i = 0; i < a.length; i++) {
      const logP = (a[i] as number) - first.logSum;
      divergence += Math.exp(logP) * (logP - ((b[i] as number) - second.logSum));
    }
    this.tokens++;
    this.#loss += first.logSum - (a[target] as number);
    this.#otherLoss += second.logSum - (b[target] as number);
    this.#divergence += divergence;
    this.#sameTop += first.top === second.top ? 1 : 0;
  }

  means() {
    const mean = (sum: number) => sum / this.tokens;
    return {
      tokens: this.tokens,
      perplexity: Math.exp(mean(this.#loss)),
      otherPerplexity: Math.exp(mean(this.#otherLoss)),
      divergence: Math.max(0, mean(this.#divergence)), // rounding may make a 0 negative
      sameTop: mean(this.#sameTop),
    };
  }
}

/** Place of the largest logit, and log-sum-exp of all. */
function normalizer(logits: Float32Array): { readonly top: number; readonly logSum: number } {
  let top = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] as number) > (logits[top] as number)) top = i;
  const largest = logits[top] as number;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - largest);
  if (Number.isNaN(sum)) {
    const id = logits.findIndex((logit) => !(logit < Infinity));
    throw noNumber(id, logits[id] as number);
  }
  return { top, logSum: largest + Math.log(sum) };
}
