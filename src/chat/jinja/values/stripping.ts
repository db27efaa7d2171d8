/** White space and cutting of texts, as methods of Python's str have them. */
import { MarkedText } from "./marked-text.ts";
import { fail } from "./template-error.ts";

/** What `str.isspace` takes for white space. */
const SPACES =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

export const isSpace = (character: string): boolean => SPACES.includes(character);

/** Without the characters at its beginning and its end. */
export function stripped(
  text: MarkedText,
  characters: string = SPACES,
  { left = true, right = true } = {},
): MarkedText {
  const set = new Set(characters);
  let begin = 0;
  let end = text.length;
  const first = () => String.fromCodePoint(text.text.codePointAt(begin) ?? 0);
  const last = () => {
    const pair = /[\ud800-\udbff][\udc00-\udfff]$/.exec(text.text.slice(Math.max(begin, end - 2), end));
    return pair === null ? text.text.charAt(end - 1) : pair[0];
  };
  while (left && begin < end && set.has(first())) begin += first().length;
  while (right && begin < end && set.has(last())) end -= last().length;
  return text.slice(begin, end);
}

/** The parts between separators, from the left or from the right. @param most cuts; below 0: any number */
export function parted(text: MarkedText, separator: string, most = -1, fromRight = false): MarkedText[] {
  if (separator === "") return fail("type", "empty separator");
  const parts: MarkedText[] = [];
  let rest = text;
  while (parts.length !== most) {
    const at = fromRight ? rest.text.lastIndexOf(separator) : rest.text.indexOf(separator);
    if (at < 0) break;
    parts.push(fromRight ? rest.slice(at + separator.length) : rest.slice(0, at));
    rest = fromRight ? rest.slice(0, at) : rest.slice(at + separator.length);
  }
  parts.push(rest);
  return fromRight ? parts.reverse() : parts;
}

/** The words between white space. */
export function words(text: MarkedText, most = -1, fromRight = false): MarkedText[] {
  const parts: MarkedText[] = [];
  const side = { left: !fromRight, right: fromRight };
  let rest = stripped(text, SPACES, side);
  while (rest.length > 0) {
    if (parts.length === most) {
      parts.push(rest);
      break;
    }
    const all = [...rest.text];
    const at = fromRight ? all.findLastIndex(isSpace) : all.findIndex(isSpace);
    const cut =
      at < 0 ? (fromRight ? 0 : rest.length) : all.slice(0, fromRight ? at + 1 : at).join("").length;
    parts.push(fromRight ? rest.slice(cut) : rest.slice(0, cut));
    rest = stripped(fromRight ? rest.slice(0, cut) : rest.slice(cut), SPACES, side);
  }
  return fromRight ? parts.reverse() : parts;
}

const LINE_END = /\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]/g;

export function lines(text: MarkedText, keepEnds = false): MarkedText[] {
  const found: MarkedText[] = [];
  let begin = 0;
  for (const { 0: end, index } of text.text.matchAll(LINE_END)) {
    found.push(text.slice(begin, keepEnds ? index + end.length : index));
    begin = index + end.length;
  }
  return begin < text.length ? [...found, text.slice(begin)] : found;
}

/** @param most replacements; below 0: all */
export function replaced(text: MarkedText, old: MarkedText, by: MarkedText, most = -1): MarkedText {
  if (most === 0) return text;
  if (old.length > 0) return MarkedText.join(parted(text, old.text, most), by);
  const characters = text.split();
  const gaps = most < 0 ? characters.length + 1 : Math.min(most, characters.length + 1);
  const pieces = characters.flatMap((character, i) => (i < gaps ? [by, character] : [character]));
  return MarkedText.join(gaps > characters.length ? [...pieces, by] : pieces);
}
