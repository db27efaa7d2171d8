/** The tokenizer of mteval-v13a.pl, which WMT used until 2017 and BLEU uses by default. */

const ESCAPED: readonly (readonly [string, string])[] = [
  ["&quot;", '"'],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
];

/** XML's escapes, replaced in the order of the program: `&amp;lt;` becomes `<`. */
export const unescaped = (text: string): string =>
  ESCAPED.reduce((done, [entity, character]) => done.replaceAll(entity, character), text);

export function tokenize13a(text: string): string {
  const joined = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  return splitWestern(` ${unescaped(joined)} `);
}

/** Puts blanks around punctuation: a comma, a full stop and a hyphen may stand within numbers. */
export const splitWestern = (text: string): string =>
  splitPunctuation(text)
    .replace(/([^0-9])([.,])/gu, "$1 $2 ")
    .replace(/([.,])([^0-9])/gu, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");

/** ASCII's punctuation without `'`, `,`, `-` and `.`. */
export const splitPunctuation = (text: string): string => text.replace(/[{-~[-` -&(-+:-@/]/g, " $& ");
