/** Upper and lower case. */
import type { MarkedText } from "./marked-text.ts";

export const upper = (text: MarkedText): MarkedText => text.map((part) => part.toUpperCase());
export const lower = (text: MarkedText): MarkedText => text.map((part) => part.toLowerCase());

const titled = (part: string): string => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase();

/** The first character in upper case, the others in lower case. */
export function capitalized(text: MarkedText): MarkedText {
  let isFirst = true;
  return text.map((part) => {
    const changed = isFirst ? titled(part) : part.toLowerCase();
    isFirst = false;
    return changed;
  });
}

/** Each word capitalized. @param word where words are: `str.title` and the filter differ */
export function titleCase(text: MarkedText, word: RegExp): MarkedText {
  const begins = new Set<number>();
  for (const { index } of text.text.matchAll(word)) begins.add(index);
  let at = 0;
  return text.map((part) =>
    Array.from(part, (character) => {
      const changed = begins.has(at) ? titled(character.toUpperCase()) : character.toLowerCase();
      at += character.length;
      return changed;
    }).join(""),
  );
}

export const swapped = (text: MarkedText): MarkedText =>
  text.map((part) =>
    Array.from(part, (character) =>
      character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase(),
    ).join(""),
  );

/** Whether it has letters of this case, and none of the other. */
export const isUpper = (text: string): boolean => /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text);
export const isLower = (text: string): boolean => /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text);
