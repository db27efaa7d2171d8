/** What models say of the predicted tokens of a window. */
import type { LanguageModel } from "../../library/language-model.ts";
import type { Session } from "../../text/text-model.ts";
import { normalizer, scoreWindow } from "./score-window.ts";
import type { Window } from "./windows.ts";

/** A model, and one that it is compared with. */
export type Models = readonly [LanguageModel, (LanguageModel | undefined)?];

export interface TokenScores {
  /** Minus the log-probability of each predicted token, in nats. */
  readonly losses: readonly number[];
  /** Scores of a second model on the same tokens. */
  readonly other?: OtherScores | undefined;
}

export interface OtherScores {
  readonly losses: readonly number[];
  /** Kullback-Leibler divergence of the second model's distribution from the first's, before each token. */
  readonly divergences: readonly number[];
  /** Number of tokens before which both models have the same likeliest token. */
  readonly sameTop: number;
}

export interface ScoreOptions {
  /** Scores of the first windows that are known already. */
  readonly known?: readonly TokenScores[];
  readonly signal?: AbortSignal | undefined;
  /** Gets the scores of each further window, in order. */
  readonly onWindow?: (scores: TokenScores) => Promise<void> | void;
}

/**
 * Runs one model or two over windows, one after the other.
 *
 * @throws GptError as `scoreWindow`; the signal's reason
 */
export async function scoreTokens(
  models: Models,
  windows: readonly Window[],
  { known = [], signal, onWindow }: ScoreOptions = {},
): Promise<TokenScores[]> {
  const all = [...known];
  const sessions = models.flatMap((model) => model?.createSession() ?? []);
  try {
    for (const window of windows.slice(known.length)) {
      const scores = await tokenScores(sessions, window, signal);
      all.push(scores);
      await onWindow?.(scores);
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  return all;
}

function tokenScores(
  sessions: readonly Session[],
  window: Window,
  signal: AbortSignal | undefined,
): Promise<TokenScores> {
  const [first, second] = sessions;
  if (first !== undefined && second === undefined) return lossesOf(first, window, signal);
  return comparedScores(sessions, window, signal);
}

async function lossesOf(
  session: Session,
  { ids, scored }: Window,
  signal: AbortSignal | undefined,
): Promise<TokenScores> {
  session.truncate(0);
  const targets = ids.slice(-scored).map((id) => [id]);
  const scores = await session.score(ids.slice(0, -1), targets, { signal });
  return { losses: scores.map(({ logprobs: [logprob = 0] }) => -logprob) };
}

async function comparedScores(
  sessions: readonly Session[],
  window: Window,
  signal: AbortSignal | undefined,
): Promise<TokenScores> {
  const losses: number[] = [];
  const others: number[] = [];
  const divergences: number[] = [];
  let sameTop = 0;
  await scoreWindow(
    sessions,
    window,
    ([a, b], target) => {
      if (a === undefined || b === undefined) return;
      const first = normalizer(a);
      losses.push(first.logSum - (a[target] as number));
      const second = normalizer(b);
      others.push(second.logSum - (b[target] as number));
      divergences.push(divergence(a, first.logSum, b, second.logSum));
      sameTop += first.top === second.top ? 1 : 0;
    },
    signal,
  );
  return { losses, other: { losses: others, divergences, sameTop } };
}

/** Sum of p (log p - log q) over the vocabulary. */
function divergence(a: Float32Array, logSum: number, b: Float32Array, otherLogSum: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const logP = (a[i] as number) - logSum;
    sum += Math.exp(logP) * (logP - ((b[i] as number) - otherLogSum));
  }
  return sum;
}
