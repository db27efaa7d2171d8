/** What models say of the predicted tokens of a window. */
import type { NextScores } from "../../engine/append-output.ts";
import type { LanguageModel } from "../../library/language-model.ts";
import type { Session } from "../../text/text-model.ts";
import type { Window } from "./windows.ts";

/** Bytes of the logits that are in memory at a time. */
const LOGITS_BYTES = 1 << 26;

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
 * @throws GptError as `Session.score`; the signal's reason
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
  if (first === undefined) throw new Error("no model");
  if (second === undefined) return lossesOf(first, window, signal);
  return comparedScores(first, second, window, signal);
}

async function lossesOf(
  session: Session,
  { ids, scored }: Window,
  signal: AbortSignal | undefined,
): Promise<TokenScores> {
  session.truncate(0);
  const targets = ids.slice(-scored).map((id) => [id]);
  const scores = await session.score(ids.slice(0, -1), targets, { signal });
  return { losses: scores.map(lossOf) };
}

/** The first model's logits of some rows at a time go to the second one, which compares them with its own. */
async function comparedScores(
  first: Session,
  second: Session,
  { ids, scored }: Window,
  signal: AbortSignal | undefined,
): Promise<TokenScores> {
  for (const session of [first, second]) session.truncate(0);
  const most = Math.max(1, Math.floor(LOGITS_BYTES / (4 * first.config.vocabSize)));
  const begin = ids.length - scored - 1;
  if (begin > 0) {
    const context = ids.slice(0, begin);
    for (const session of [first, second]) await session.score(context, [], { signal });
  }
  const [scores, others]: [NextScores[], NextScores[]] = [[], []];
  const divergences: number[] = [];
  for (let done = begin; done < ids.length - 1; done += most) {
    const end = Math.min(done + most, ids.length - 1);
    const own = ids.slice(done, end);
    const targets = ids.slice(done + 1, end + 1).map((id) => [id]);
    const logits = await first.append(own, { every: true, signal });
    for (const { compared, ...score } of await second.score(own, targets, { others: logits, signal })) {
      scores.push(score);
      others.push(compared?.other ?? score);
      divergences.push(compared?.divergence ?? 0);
    }
  }
  return {
    losses: others.map(lossOf),
    other: {
      losses: scores.map(lossOf),
      divergences,
      sameTop: scores.filter(({ top }, i) => top === others[i]?.top).length,
    },
  };
}

const lossOf = ({ logprobs: [logprob = 0] }: NextScores): number => -logprob;
