/** Parts of replies that the routes of OpenAI's API share. */
import type { FinishReason } from "../../../generate/options/options.ts";
import type { Sample } from "../../../text/samples/sample.ts";

/** Strict clients know no other words. */
export const finishReason = (reason: FinishReason): "stop" | "length" =>
  reason === "stop" || reason === "eos" ? "stop" : "length";

/** @param prompts each counts once, however many choices it has */
export function usageOf(prompts: readonly (readonly number[])[], samples: readonly Sample[]) {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, count) => total + count, 0);
  const prompt_tokens = sum(prompts.map(({ length }) => length));
  const completion_tokens = sum(samples.map(({ ids }) => ids.length));
  const cached = Math.min(prompt_tokens, sum(samples.map(({ reusedTokens }) => reusedTokens)));
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
