/** Oniguruma's escapes in the syntax of JavaScript's regular expressions. */

import { WORD } from "./regex.ts";

/** Unicode's sets; JavaScript's own `\s` has U+FEFF and lacks U+0085, its `\w` and `\d` are ASCII. */
export const SETS = new Map([
  ["s", "\\p{White_Space}"],
  ["S", "\\P{White_Space}"],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
  ["h", "[\\dA-Fa-f]"],
  ["H", "[^\\dA-Fa-f]"],
]);
/** Sets that are no escape of JavaScript's, as members of a class. */
export const MEMBERS = new Map([
  ["w", WORD],
  ["h", "\\dA-Fa-f"],
]);
/** Members of `[[:alpha:]]` and the like. */
export const POSIX_CLASSES = new Map([
  ["alpha", "\\p{Alphabetic}"],
  ["alnum", "\\p{Alphabetic}\\p{Nd}"],
  ["ascii", "\\p{ASCII}"],
  ["blank", "\\p{Zs}\\t"],
  ["cntrl", "\\p{Cc}"],
  ["digit", "\\p{Nd}"],
  ["lower", "\\p{Lowercase}"],
  ["punct", "\\p{P}\\p{S}"],
  ["space", "\\p{White_Space}"],
  ["upper", "\\p{Uppercase}"],
  ["word", WORD],
  ["xdigit", "\\dA-Fa-f"],
]);
/** The characters of `\w` and `\b` outside of brackets: Oniguruma's table for Latin-1 has some more. */
export const OUTER_WORD = `${WORD}²³¹¼½¾`;
export const ANCHORS = new Map([
  ["b", `(?:(?<=[${OUTER_WORD}])(?![${OUTER_WORD}])|(?<![${OUTER_WORD}])(?=[${OUTER_WORD}]))`],
  ["B", `(?:(?<=[${OUTER_WORD}])(?=[${OUTER_WORD}])|(?<![${OUTER_WORD}])(?![${OUTER_WORD}]))`],
  ["A", "^"],
  ["z", "$"],
  ["Z", "(?=\\n?$)"],
]);
export const CONTROLS = new Map(
  Object.entries({ t: "\t", n: "\n", r: "\r", f: "\f", v: "\v", a: "\x07", e: "\x1B" }),
);
/** After `\x` and `\u`. Above 7F the short form of `\x` is a byte, not a character. */
export const HEXADECIMAL = new Map([
  ["x", /(?:\{([0-9A-Fa-f]{1,6})\}|([0-7][0-9A-Fa-f]))/y],
  ["u", /([0-9A-Fa-f]{4})/y],
]);
/** Oniguruma and JavaScript have different characters in these. */
const AMBIGUOUS_PROPERTY = /^(?:punct|print|graph|word|x?posix.*)$/i;
const CASED_PROPERTY = /^(?:Lu|Ll|Lt|Upper.*|Lower.*|Titlecase.*)$/i;
/** Two letters that one character (`ß`, `ﬁ`, `ﬆ`) equals when case is ignored. */
export const LIGATURE = /^(?:ss|ff|fi|fl|st)$/i;

/**
 * @param ignoreCase refuses properties of letter case
 * @returns JavaScript's name of a Unicode property; undefined if JavaScript lacks it, or means other
 *   characters by it
 */
export function propertyName(name: string, ignoreCase: boolean): string | undefined {
  if (AMBIGUOUS_PROPERTY.test(name) || (ignoreCase && CASED_PROPERTY.test(name))) return undefined;
  return [name, `Script=${name}`].find(isProperty);
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, "u").unicode;
  } catch {
    return false;
  }
}
