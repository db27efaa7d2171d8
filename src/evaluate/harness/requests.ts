/** Tokens of a context and its continuation, and where the one ends and the other begins. */
import type { LanguageModel } from "../../library/language-model.ts";
import { textIds } from "../../text/text-ids.ts";
import type { Window } from "../perplexity/windows.ts";

/** White space at the end, as Python's rstrip takes it. */
const TRAILING = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

export interface Request extends Window {
  /** Tokens of context and continuation, before the text was cut. */
  readonly context: number;
  readonly continuation: number;
}

/**
 * White space at the end of the context goes to the continuation. Both are encoded together, and cut after as
 * many tokens as the context alone has: a token across the border belongs to the context. A text that is too
 * long loses its beginning.
 *
 * @returns undefined if the continuation has no token, or does not fit
 */
export function requestOf(model: LanguageModel, context: string, continuation: string): Request | undefined {
  const { ids, begin } = encodePair(model, context, continuation);
  const scored = ids.length - begin;
  if (scored < 1 || scored > model.contextSize) return undefined;
  return { ids: ids.slice(-(model.contextSize + 1)), scored, context: begin, continuation: scored };
}

function encodePair(
  { tokenizer }: LanguageModel,
  context: string,
  continuation: string,
): { readonly ids: readonly number[]; readonly begin: number } {
  if (context === "") {
    const ids = tokenizer.encode(continuation, { parseSpecial: true });
    const prefix = tokenizer.bosId ?? tokenizer.endOfTextIds[0];
    const begins = prefix === undefined || ids[0] === prefix;
    return { ids: begins ? ids : [prefix, ...ids], begin: 1 };
  }
  const space = TRAILING.exec(context)?.[0] ?? "";
  const kept = context.slice(0, context.length - space.length);
  const encode = (text: string) => textIds(tokenizer, text, { parseSpecial: true });
  return { ids: encode(kept + space + continuation), begin: encode(kept).length };
}
