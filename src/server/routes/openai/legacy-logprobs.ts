/** Log-probabilities as /v1/completions tells them: lists side by side. */
import type { TokenLogprobs } from "../../../generate/options/options.ts";
import type { TextModel } from "../../../text/text-model.ts";

export interface LegacyLogprobs {
  readonly tokens: readonly string[];
  /** Null for the first token of a text, which no token precedes. */
  readonly token_logprobs: readonly (number | null)[];
  /** By the text of a token. */
  readonly top_logprobs: readonly (Readonly<Record<string, number>> | null)[];
  /** Of each token in the text, in characters. */
  readonly text_offset: readonly number[];
}

/** @param offset characters of the text before these tokens */
export function legacyLogprobs(
  { tokenizer }: TextModel,
  ids: readonly number[],
  logprobs: readonly (TokenLogprobs | null)[],
  offset = 0,
): LegacyLogprobs {
  const piece = (id: number) => (id < tokenizer.vocabSize ? tokenizer.decode([id]) : "");
  const tokens = ids.map(piece);
  let end = offset;
  const text_offset = tokens.map((token) => {
    end += token.length;
    return end - token.length;
  });
  return {
    tokens,
    token_logprobs: ids.map((_, i) => logprobs[i]?.logprob ?? null),
    top_logprobs: ids.map((_, i) => {
      const own = logprobs[i];
      return own ? Object.fromEntries(own.top.map(({ id, logprob }) => [piece(id), logprob])) : null;
    }),
    text_offset,
  };
}
