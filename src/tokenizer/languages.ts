/** Tokens that name the languages of a translation model. */

import type { TokenizerDescription } from "./description.ts";

/** `>>fra<<` (Marian), `__fr__` (M2M100), `fr_XX` (mBART) and `fra_Latn` (NLLB), with the code in a group. */
const NAMES = [/^>>([^<>]+)<<$/, /^__([a-z]{2,3})__$/, /^([a-z]{2,3}_[A-Z][A-Za-z]{1,3})$/];

/** The ids of languages by their codes. Empty for a model that names none. */
export function languageIds({
  addedTokens,
  vocabulary,
  hasLanguageTags,
}: Pick<TokenizerDescription, "addedTokens" | "vocabulary" | "hasLanguageTags">): ReadonlyMap<
  string,
  number
> {
  const special = addedTokens.filter((token) => token.special);
  const tokens = hasLanguageTags
    ? [...vocabulary.ids]
    : special.map(({ content, id }) => [content, id] as const);
  const codes = (content: string) => NAMES.flatMap((name) => name.exec(content)?.[1] ?? []);
  return new Map(tokens.flatMap(([content, id]) => codes(content).map((code) => [code, id] as const)));
}
