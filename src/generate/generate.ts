/** Generation by sampling: token ids in, token ids out. It knows no text. */

import { Context } from "./context.ts";
import type { Cursor } from "./cursor.ts";
import {
  force,
  forcedId,
  type GeneratedId,
  type GenerateRequest,
  type Generation,
  type Outcome,
} from "./generation.ts";
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
  /** After the id that was tried last. */
  let next: Cursor | undefined;
  const mayFollow = (id: number): boolean => {
    next = cursor.after(id);
    return next !== undefined || endOfText.has(id);
  };
  const choose = (logits: Float32Array): GeneratedId => {
    if (settings.logprobs === undefined) return { id: sampler.sample(logits, history, mayFollow) };
    const id = sampler.sample(logits.slice(), history, mayFollow);
    return { id, logprobs: tokenLogprobs(logits, id, settings.logprobs) };
  };
  const promptLogprobs = settings.promptLogprobs ? prompt.map((): TokenLogprobs | null => null) : undefined;
  const outcome = (finishReason: FinishReason): Outcome => ({
    finishReason,
    ...context.counts,
    ...speculative?.tally,
    ...(promptLogprobs && { promptLogprobs }),
  });
  const limit = new Limit(settings);
  try {
    if (promptLogprobs) await fill(promptLogprobs, context, settings.logprobs ?? 0, limit);
    for (let count = 0; count < settings.maxTokens; count++) {
      if (!context.makeRoom()) return outcome("context");
      const logits = await context.logits(limit);
      const forced = forcedId(request.forced ?? {}, count, settings.maxTokens);
      if (forced !== undefined) force(logits, forced);
      const token = choose(logits);
      if (endOfText.has(token.id)) return outcome("eos");
      cursor = next ?? cursor;
      yield token;
      if (cursor.complete) return outcome("stop");
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
