/** A generation as ids: what it starts from, the ids it yields, and its outcome. */
import type { Cursor } from "./cursor.ts";
import type { FinishReason, TokenLogprob, TokenLogprobs } from "./options/options.ts";
import type { GenerateSettings } from "./options/settings.ts";

export interface GenerateRequest {
  /** Ids to continue; at least one. */
  readonly prompt: readonly number[];
  /** Whether the first id of the prompt begins the text: `overflow` never drops it. Default false. */
  readonly keepFirst?: boolean;
  readonly settings: Omit<GenerateSettings, "ban" | "stop" | "ignoreEos">;
  /** Ids that end the text. They are not yielded. */
  readonly endOfTextIds: readonly number[];
  readonly forced?: ForcedIds | undefined;
  /**
   * Rules of the text, at the end of the prompt. A chosen id that may not follow is replaced by another one.
   */
  readonly cursor: Cursor;
}

/** Ids that the checkpoint puts first, and last if a text reaches its greatest length (BART). */
export interface ForcedIds {
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/** The id that is forced after `count` generated ids. */
export function forcedId({ first, last }: ForcedIds, count: number, maxTokens: number): number | undefined {
  return count === 0 && first !== undefined ? first : count === maxTokens - 1 ? last : undefined;
}

/** Leaves no choice but this id. */
export function force(scores: Float32Array | Float64Array, id: number): void {
  scores.fill(Number.NEGATIVE_INFINITY);
  scores[id] = 0;
}

/** Takes ids out of the choice. */
export function forbid(scores: Float32Array | Float64Array, ids: Iterable<number>): void {
  for (const id of ids) scores[id] = Number.NEGATIVE_INFINITY;
}

export interface GeneratedId {
  readonly id: number;
  /** Present if `logprobs` asks for them. */
  readonly logprobs?: TokenLogprobs;
}

/** How a generation went, as far as ids tell. */
export interface Outcome {
  readonly finishReason: FinishReason;
  /** With `logprobs` and finishReason "eos": the token that ended the text, which is none of its ids. */
  readonly end?: TokenLogprob;
  /**
   * Tokens of the prompt that the model has read. Reused ones count, those that `overflow` dropped before do
   * not.
   */
  readonly promptTokens: number;
  /** Tokens of the prompt and of the text that `overflow` dropped. */
  readonly droppedTokens: number;
  /** Tokens of the prompt that the session held already: they were not run again. */
  readonly reusedTokens: number;
  /** With `lookup` or `draft`: the number of guessed tokens, and the number of right guesses. */
  readonly draftedTokens?: number;
  readonly acceptedTokens?: number;
  /**
   * With `promptLogprobs`: one entry for each id of the prompt. null for the first id, for ids that
   * `overflow` dropped, and for ids that were not run before the generation ended.
   */
  readonly promptLogprobs?: readonly (TokenLogprobs | null)[];
  /** Of a beam search: the log-probability, divided by the length to the power of `lengthPenalty`. */
  readonly score?: number;
  /**
   * Milliseconds that the prompt took. Only beam search sets it, because it yields its first id at the end.
   */
  readonly promptMs?: number;
}

/** Yields ids. */
export type Generation = AsyncGenerator<GeneratedId, Outcome, void>;
