/**
 * Words and n-grams of texts. White space is that of Python's str.split: the programs whose numbers are cited
 * are in Python. JavaScript's \s lacks U+001C to U+001F and U+0085, and has U+FEFF.
 */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`);
const ALL_SPACES = new RegExp(SPACES, "g");
const AT_START = new RegExp(`^[${SPACE}]+`);
const AT_END = new RegExp(`[${SPACE}]+$`);

/** As `text.split()` in Python: no word is empty. */
export const splitWords = (text: string): string[] => text.split(SPACES).filter((word) => word !== "");

/** As `"".join(text.split())` in Python. */
export const withoutSpaces = (text: string): string => text.replace(ALL_SPACES, "");

/** As `text.rstrip()` in Python. */
export const trimmedEnd = (text: string): string => text.replace(AT_END, "");

/** As `text.strip()` in Python. */
export const trimmed = (text: string): string => trimmedEnd(text.replace(AT_START, ""));

/** Number of times that each n-gram of some words occurs. */
export function wordNgrams(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + order <= words.length; i++) count(counts, words.slice(i, i + order).join(" "));
  return counts;
}

/** The same for the characters of a text, which are code points. */
export function characterNgrams(text: string, order: number): Map<string, number> {
  const counts = new Map<string, number>();
  const starts = characterStarts(text);
  for (let i = 0; i + order < starts.length; i++) {
    count(counts, text.slice(starts[i], starts[i + order]));
  }
  return counts;
}

/** The place of each code point, and the length. */
function characterStarts(text: string): number[] {
  const starts = [0];
  for (const character of text) starts.push((starts.at(-1) as number) + character.length);
  return starts;
}

const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

export function tally(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) count(counts, word);
  return counts;
}

/** Number of n-grams in both, each as often as in the one that has fewer of it. */
export function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let matches = 0;
  for (const [ngram, times] of a) matches += Math.min(times, b.get(ngram) ?? 0);
  return matches;
}
