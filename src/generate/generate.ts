/** Generation by sampling: token ids in, token ids out. It knows no text. */

import { Context } from "./context.ts";
import type { Cursor } from "./cursor.ts";
import {
  forbid,
  force,
  forcedId,
  type GeneratedId,
  type GenerateRequest,
  type Generation,
  type Outcome,
} from "./generation.ts";
import { checkRoom, Guide, narrow } from "./guide.ts";
import { Limit } from "./limit.ts";
import type { LogitsSource } from "./logits-source.ts";
import type { FinishReason, TokenLogprobs } from "./options/options.ts";
import { tokenLogprobs } from "./sampling/logprobs.ts";
import { Sampler } from "./sampling/sampler.ts";
import { speculation } from "./speculation/speculation.ts";

/**
 * Yields the ids that continue the prompt and returns how it went. Each id is chosen from the logits after
 * all ids before it, so the source does not hold the last one yet. Ids of the prompt that the source holds
 * are not run again, and it forgets its other ids. With `maxTokens` 0 nothing is run, unless `promptLogprobs`
 * asks for it.
 * @throws GptError `resource` for a prompt that does not fit, `usage` for an empty one
 */
export async function* generate(source: LogitsSource, request: GenerateRequest): Generation {
  const { prompt, settings } = request;
  const speculative = speculation(source, settings);
  const context = new Context(speculative ?? source, prompt, settings, request.keepFirst ?? false);
  const endOfText = new Set(request.endOfTextIds);
  const sampler = new Sampler(settings);
  const history = [...prompt];
  let { cursor } = request;
  const guide = new Guide();
  /** After the id that was tried last. */
  let next: Cursor | undefined;
  const choose = (logits: Float32Array, left: number): number => {
    narrow(logits, cursor, endOfText, left);
    const isShort = history.length - prompt.length < settings.minTokens && cursor.constraint === undefined;
    if (isShort) forbid(logits, endOfText);
    return sampler.sample(logits, history, (id) => {
      next = cursor.after(id);
      return next === undefined ? endOfText.has(id) : guide.admits(logits, cursor, next, left);
    });
  };
  const scored = (logits: Float32Array, id: (logits: Float32Array) => number): GeneratedId => {
    if (settings.logprobs === undefined) return { id: id(logits) };
    const chosen = id(logits.slice());
    return { id: chosen, logprobs: tokenLogprobs(logits, chosen, settings.logprobs) };
  };
  const promptLogprobs = settings.promptLogprobs ? prompt.map((): TokenLogprobs | null => null) : undefined;
  const outcome = (finishReason: FinishReason, end?: GeneratedId): Outcome => ({
    finishReason,
    ...(end?.logprobs && { end: { id: end.id, logprob: end.logprobs.logprob } }),
    ...context.counts,
    ...speculative?.tally,
    ...(promptLogprobs && { promptLogprobs }),
  });
  const limit = new Limit(settings);
  const logits = async (count: number): Promise<Float32Array> => {
    const logits = await context.logits(limit);
    const forced = forcedId(request.forced ?? {}, count, settings.maxTokens);
    if (forced !== undefined && cursor.constraint === undefined) force(logits, forced);
    return logits;
  };
  try {
    if (promptLogprobs) await fill(promptLogprobs, context, settings.logprobs ?? 0, limit);
    checkRoom(cursor, Math.min(settings.maxTokens, context.room));
    for (let count = 0; count < settings.maxTokens; count++) {
      if (!context.makeRoom()) return outcome("context");
      const left = Math.min(settings.maxTokens - count, context.room);
      const written = guide.written(cursor, left);
      const isFree = written !== undefined && count > 0 && settings.logprobs === undefined;
      const token = isFree
        ? { id: written.id }
        : scored(await logits(count), (logits) => written?.id ?? choose(logits, left));
      if (written !== undefined) next = written.next;
      else if (endOfText.has(token.id)) return outcome("eos", token);
      cursor = next ?? cursor;
      yield token;
      if (cursor.complete) return outcome(guide.closed ? "length" : "stop");
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

/** The log-probabilities of the context's ids, which are the last ids of the prompt. */
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
