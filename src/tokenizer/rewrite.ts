/** Rewriting text, as normalizers and decoders do. No file can make a text grow without bound. */

import { GptError } from "../errors.ts";

export type Rewrite = (text: string) => string;

/** Leaves the text as it is. */
export const unchanged: Rewrite = (text) => text;

/** A bound on characters per character. Unicode's forms make at most 18 of one. */
const MAX_GROWTH = 32;
/** The longest text that a rule of a file may insert. */
export const MAX_CONTENT = 1000;

/** The longest text that a text may become. */
export const longestOf = (text: string): number => MAX_GROWTH * text.length + MAX_CONTENT;

/**
 * Applies one rewrite after the other.
 * @throws GptError `invalid-file`, when it rewrites, for rules that make a text grow without bound
 */
export function inOrder(rewrites: readonly Rewrite[]): Rewrite {
  return (text) => {
    const longest = longestOf(text);
    return rewrites.reduce((before, rewrite) => {
      const after = rewrite(before);
      if (after.length > longest) throw grown(text, after.length);
      return after;
    }, text);
  };
}

/** The error for rules that made `newLength` characters of a text. */
export function grown({ length }: string, newLength: number): GptError {
  const problem = `make ${newLength} characters and more of ${length}: they are damaged, fetch them again`;
  return new GptError("invalid-file", `the tokenizer's files ${problem}`);
}
