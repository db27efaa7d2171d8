/** Rewriting text, which normalizers and decoders do: never into something much longer, whatever a file asks for. */

import { GptError } from "../../../errors.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { isQuick, readPattern, withinTime } from "./file-pattern.ts";

export type Rewrite = (text: string) => string;

/** What honest files and Unicode's forms make of a character is shorter: at most 18. */
const MAX_GROWTH = 32;
const MAX_CONTENT = 1000;

/** One after the other. @throws GptError `invalid-file`, when it rewrites, for files that make texts grow without end */
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

/** `Replace` of tokenizer.json: what a pattern matches becomes another text. */
export function readReplace(fields: JsonFields): Rewrite {
  const pattern = readPattern(fields);
  const quick = isQuick(fields);
  const content = fields.string("content");
  if (content.length > MAX_CONTENT) fields.fail("content", `at most ${MAX_CONTENT} characters`);
  return (text) => {
    const longest = longestOf(text);
    let inserted = 0;
    const replacement = () => {
      inserted += content.length;
      if (inserted > longest) throw grown(text, inserted);
      return content;
    };
    const rewrite = () => text.replaceAll(pattern, replacement);
    return quick ? rewrite() : withinTime(fields, text.length, rewrite);
  };
}

const longestOf = (text: string): number => MAX_GROWTH * text.length + MAX_CONTENT;

function grown({ length }: string, newLength: number): GptError {
  const problem = `make ${newLength} characters and more of ${length}: they are damaged, fetch them again`;
  return new GptError("invalid-file", `the tokenizer's files ${problem}`);
}
