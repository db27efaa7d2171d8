/** Texts whose windows do not reach into each other, and their sizes in other units than tokens. */

const SEPARATOR = "<|endoftext|>";

/** The parts of a text between separators, but blank ones. All other characters stay. */
export const documentsOf = (text: string): string[] =>
  text.split(SEPARATOR).filter((document) => document.trim() !== "");

/** White space of Python's `\s`, which is not JavaScript's. */
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** As lm-evaluation-harness counts them: blank at the start or the end makes one more. */
export const wordsOf = (text: string): number => text.split(SPACE).length;

export const bytesOf = (text: string): number => Buffer.byteLength(text);
