/** What Oniguruma's escapes stand for, in the words of JavaScript's regular expressions. */

import { WORD } from "./regex.ts";

/** Unicode's sets; JavaScript's own `\s` has U+FEFF and lacks U+0085, its `\w` and `\d` are ASCII. */
export const SETS = new Map([
  ["s", "\\p{White_Space}"],
  ["S", "\\P{White_Space}"],
  ["d", "\\p{Nd}"],
  ["D", "\\P{Nd}"],
]);
export const ANCHORS = new Map([
  ["b", `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`],
  ["B", `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`],
  ["A", "^"],
  ["z", "$"],
  ["Z", "(?=\\n?$)"],
]);
export const CONTROLS = new Map(
  Object.entries({ t: "\t", n: "\n", r: "\r", f: "\f", v: "\v", a: "\x07", e: "\x1B" }),
);
/** What follows `\x` (above 7F the short form is a byte, not a character) and `\u`. */
export const HEXADECIMAL = new Map([
  ["x", /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-7][0-9A-Fa-f]))/],
  ["u", /^([0-9A-Fa-f]{4})/],
]);
/** Of these Oniguruma and JavaScript have different ideas. */
const AMBIGUOUS_PROPERTY = /^(?:punct|print|graph|word|x?posix.*)$/i;
const CASED_PROPERTY = /^(?:Lu|Ll|Lt|Upper.*|Lower.*|Titlecase.*)$/i;
/** Letters that a single character (`ß`, `ﬁ`, `ﬆ`) stands for when case is ignored. */
export const LIGATURE = /^(?:ss|ff|fi|fl|st)$/i;

/**
 * @param ignoreCase refuses what letter case decides
 * @returns JavaScript's name of a Unicode property; undefined for one that it does not have, or has otherwise
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
