/** Generation: token ids in, token ids out. Knows no text. */

import type { AppendOptions } from "../engine/session.ts";
import type { DecoderConfig } from "../model/config.ts";
import { Context } from "./context.ts";
import { Limit } from "./limit.ts";
import type { FinishReason, TokenLogprobs } from "./options/options.ts";
import type { GenerateSettings } from "./options/settings.ts";
import { tokenLogprobs } from "./sampling/logprobs.ts";
import { Sampler } from "./sampling/sampler.ts";
import { speculation } from "./speculation/speculation.ts";

/** What generation needs of a session: ids that it holds, and the logits after the last one. */
export interface LogitsSource {
  /** What it holds, oldest first. */
  readonly ids: readonly number[];
  /** How many that can be. */
  readonly contextSize: number;
  /** The model's: how many it could be at most. */
  readonly config: Pick<DecoderConfig, "nPositions">;
  /**
   * Adds ids and returns the logits after the last of them, one for each token of the vocabulary, or with `every`
   * after each of them: the caller's own. Rejects where the signal is or becomes aborted.
   */
  append(ids: readonly number[], options?: AppendOptions): Promise<Float32Array>;
  /** Forgets the ids from `length` on. */
  truncate(length: number): void;
  /** A second one that holds the same ids; the caller's to close. */
  fork(): LogitsSource;
  close(): Promise<void>;
}

export interface GenerateRequest {
  /** Ids to continue; at least one. */
  readonly prompt: readonly number[];
  /** Whether the first id of the prompt begins the text: `overflow` never drops it. Default false. */
  readonly keepFirst?: boolean;
  readonly settings: Omit<GenerateSettings, "ban" | "stop" | "ignoreEos">;
  /** Ids that end the text. They are not yielded. */
  readonly endOfTextIds: readonly number[];
  /** Whether a chosen id may be yielded. Where it may not, another one takes its place. */
  readonly accepts?: ((id: number) => boolean) | undefined;
}

export interface GeneratedId {
  readonly id: number;
  /** Where `logprobs` asks for them. */
  readonly logprobs?: TokenLogprobs;
}

/** How a generation went, as far as ids know. */
export interface Outcome {
  readonly finishReason: FinishReason;
  /** Tokens of the prompt and of the text that `overflow` dropped. */
  readonly droppedTokens: number;
  /** Tokens of the prompt that the session held already: they were not run again. */
  readonly reusedTokens: number;
  /** Where `lookup` or `draft` guesses: how many tokens were guessed, and how many of them were right. */
  readonly draftedTokens?: number;
  readonly acceptedTokens?: number;
  /**
   * Where `promptLogprobs` asks for them: one for each id of the prompt. null for the first, which nothing precedes,
   * and where `overflow` dropped the id or the generation was ended before.
   */
  readonly promptLogprobs?: readonly (TokenLogprobs | null)[];
  /** Of a beam search: the log-probability, divided by the length to the power of `lengthPenalty`. */
  readonly score?: number;
  /** Milliseconds that the prompt took, where that is not the time until the first id: beam search yields at the end. */
  readonly promptMs?: number;
}

/** Yields ids. To answer one with `true` is to find a stop text complete with it: the generation ends there. */
export type Generation = AsyncGenerator<GeneratedId, Outcome, boolean>;

/**
 * Yields the ids that continue the prompt and returns how it went. Each id is chosen from the logits of all before
 * it, so the last one yielded is not in the source yet. What the source holds of the prompt already is not run again,
 * what else it holds is forgotten; with `maxTokens` 0 nothing is run but for `promptLogprobs`.
 * @throws GptError `resource` for a prompt that does not fit, `usage` for an empty one
 */
export async function* generate(source: LogitsSource, request: GenerateRequest): Generation {
  const { prompt, settings, accepts = () => true } = request;
  const speculative = speculation(source, settings);
  const context = new Context(speculative ?? source, prompt, settings, request.keepFirst ?? false);
  const endOfText = new Set(request.endOfTextIds);
  const mayFollow = (id: number) => endOfText.has(id) || accepts(id);
  const sampler = new Sampler(settings);
  const history = [...prompt];
  const choose = (logits: Float32Array): GeneratedId => {
    if (settings.logprobs === undefined) return { id: sampler.sample(logits, history, mayFollow) };
    const id = sampler.sample(logits.slice(), history, mayFollow);
    return { id, logprobs: tokenLogprobs(logits, id, settings.logprobs) };
  };
  const promptLogprobs = settings.promptLogprobs ? prompt.map((): TokenLogprobs | null => null) : undefined;
  const outcome = (finishReason: FinishReason): Outcome => {
    const { droppedTokens, reusedTokens } = context;
    const guesses = speculative?.tally;
    return {
      finishReason,
      droppedTokens,
      reusedTokens,
      ...guesses,
      ...(promptLogprobs && { promptLogprobs }),
    };
  };
  const limit = new Limit(settings);
  try {
    if (promptLogprobs) await fill(promptLogprobs, context, settings.logprobs ?? 0, limit);
    for (let count = 0; count < settings.maxTokens; count++) {
      if (!context.makeRoom()) return outcome("context");
      const token = choose(await context.logits(limit));
      if (endOfText.has(token.id)) return outcome("eos");
      if (yield token) return outcome("stop");
      history.push(token.id);
      context.push(token.id);
    }
    return outcome("length");
  } catch (error) {
    const reason = limit.reasonOf(error);
    if (reason === undefined) throw error;
    return outcome(reason);
  } finally {
    await speculative?.settle();
  }
}

/** The log-probabilities of the context's ids, which are the last ones of the prompt. */
async function fill(
  promptLogprobs: (TokenLogprobs | null)[],
  context: Context,
  top: number,
  limit: Limit,
): Promise<void> {
  let at = promptLogprobs.length - context.length;
  for await (const { id, logits } of context.scored(limit)) {
    promptLogprobs[++at] = tokenLogprobs(logits, id, top);
  }
}
