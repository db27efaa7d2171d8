/** Perplexity of a language model on texts: per token, word and byte, with errors. */
import { GptError } from "../../errors.ts";
import type { LanguageModel } from "../../library/language-model.ts";
import { type Estimate, meanOf } from "../statistics.ts";
import { type Change, changeOf, exponential } from "./change.ts";
import { refuseOtherVocabulary } from "./compare.ts";
import { bytesOf, wordsOf } from "./documents.ts";
import { describeProtocol, type Protocol, planWindows } from "./protocol.ts";
import { type Models, type ScoreOptions, scoreTokens, type TokenScores } from "./token-scores.ts";
import type { Window } from "./windows.ts";

/** Windows of all texts. */
export interface Plan {
  readonly windows: readonly Window[];
  /** The protocol with its numbers, to stand beside a result. */
  readonly protocol: string;
  /** Of the texts. */
  readonly tokens: number;
  readonly words: number;
  readonly bytes: number;
}

export interface Perplexity {
  readonly protocol: string;
  readonly windows: number;
  /** Predicted tokens. */
  readonly tokens: number;
  /** Words and bytes of the predicted tokens. Words are in proportion to bytes where tokens are left out. */
  readonly words: number;
  readonly bytes: number;
  /** e to the mean loss of a token. */
  readonly perplexity: Estimate;
  /** e to the loss of all tokens, for each word and for each byte. */
  readonly wordPerplexity: Estimate;
  readonly bytePerplexity: Estimate;
  /** Loss of all tokens in bits, for each byte. */
  readonly bitsPerByte: Estimate;
  /** With a second model. */
  readonly change?: Change | undefined;
}

/**
 * @param texts each has windows of its own
 * @param most windows, from the start. Default all
 * @param read makes of a text what the model reads; words and bytes are those of the text
 * @throws GptError `usage` for texts without a window; as `planWindows`
 */
export function planPerplexity(
  model: LanguageModel,
  texts: readonly string[],
  protocol: Protocol,
  most?: number,
  read: (text: string) => string = (text) => text,
): Plan {
  const plans = texts.map((text) => planWindows(model, read(text), protocol));
  const windows = plans.flatMap((plan) => plan.windows).slice(0, most);
  const total = (count: (text: string) => number) => texts.reduce((sum, text) => sum + count(text), 0);
  const tokens = plans.reduce((sum, plan) => sum + plan.tokens, 0);
  const description = describeProtocol(model, protocol);
  if (windows.length === 0) {
    throw new GptError(
      "usage",
      `a text of ${tokens} tokens is too short for ${description}: give a smaller -c`,
    );
  }
  return { windows, protocol: description, tokens, words: total(wordsOf), bytes: total(bytesOf) };
}

/**
 * @param models the model, and one to compare it with
 * @throws GptError `usage` for models of different vocabularies; as `scoreTokens`
 */
export async function measurePerplexity(
  models: Models,
  plan: Plan,
  options: ScoreOptions = {},
): Promise<Perplexity> {
  const [model, other] = models;
  if (other !== undefined) refuseOtherVocabulary(model, other);
  const scores = await scoreTokens(models, plan.windows, options);
  return summarize(model, plan, scores, other !== undefined);
}

function summarize(
  model: LanguageModel,
  plan: Plan,
  scores: readonly TokenScores[],
  isCompared: boolean,
): Perplexity {
  const losses = scores.flatMap((window) => window.losses);
  const mean = meanOf(losses);
  const tokens = losses.length;
  const bytes = tokens === plan.tokens ? plan.bytes : predictedBytes(model, plan.windows);
  const words = (plan.words * bytes) / plan.bytes;
  const per = (count: number): Estimate => ({
    value: (mean.value * tokens) / count,
    error: (mean.error * tokens) / count,
  });
  const { value, error } = per(bytes * Math.LN2);
  return {
    protocol: plan.protocol,
    windows: scores.length,
    tokens,
    words,
    bytes,
    perplexity: exponential(mean),
    wordPerplexity: exponential(per(words)),
    bytePerplexity: exponential(per(bytes)),
    bitsPerByte: { value, error },
    change: isCompared ? changeOf(scores) : undefined,
  };
}

function predictedBytes({ tokenizer }: LanguageModel, windows: readonly Window[]): number {
  let bytes = 0;
  for (const { ids, scored } of windows) {
    for (const id of ids.slice(-scored)) bytes += tokenizer.bytes(id).length;
  }
  return bytes;
}
