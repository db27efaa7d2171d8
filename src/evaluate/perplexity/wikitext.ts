/** WikiText's pages (Merity et al. 2016) as the task `wikitext` of lm-evaluation-harness reads them. */

const TITLE = /(?=^ = [^=\n]+ = $)/m;

/** Each begins with its title. Blank text before the first title is left out. */
export const pagesOf = (text: string): string[] => text.split(TITLE).filter((page) => page.trim() !== "");

/** In this order. */
const REPLACEMENTS: readonly (readonly [from: string | RegExp, to: string])[] = [
  ["s '", "s'"],
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [" @-@ ", "-"],
  [" @,@ ", ","],
  [" @.@ ", "."],
  [" : ", ": "],
  [" ; ", "; "],
  [" . ", ". "],
  [" ! ", "! "],
  [" ? ", "? "],
  [" , ", ", "],
  [/\(\s*([^)]*?)\s*\)/g, "($1)"],
  [/\[\s*([^\]]*?)\s*\]/g, "[$1]"],
  [/\{\s*([^}]*?)\s*\}/g, "{$1}"],
  [/"\s*([^"]*?)\s*"/g, '"$1"'],
  [/'\s*([^']*?)\s*'/g, "'$1'"],
  ["= = = =", "===="],
  ["= = =", "==="],
  ["= =", "=="],
  [" ° ", "°"],
  [" \n", "\n"],
  ["\n ", "\n"],
  [" N ", " 1 "],
  [" 's", "'s"],
];

/** The page with the spaces and signs of usual text. */
export const detokenized = (page: string): string =>
  REPLACEMENTS.reduce((text, [from, to]) => text.replaceAll(from, to), page);
