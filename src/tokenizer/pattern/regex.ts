/** Parts of regular expressions, for the flags `u` and `v`. */

/** The characters of words, for use in brackets; JavaScript's `\w` is ASCII. */
export const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
/** The same as Rust has it. */
export const RUST_WORD = `${WORD}\\p{Join_Control}`;

/** Escapes each character that has a meaning in a regular expression, inside or outside of brackets. */
export function escapeLiteral(text: string): string {
  return text
    .replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&")
    .replace(/[-&!#%,:;<=>@`~]/g, (mark) => `\\x${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
