/** The patterns in tokenizer.json. A file may bring any regular expression. */

import { GptError } from "../../../errors.ts";
import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { regular } from "../../pattern/automaton.ts";
import { fromOniguruma } from "../../pattern/oniguruma.ts";
import { patterns } from "../../pattern/patterns.ts";
import { quick } from "../../pattern/quick.ts";
import { escapeLiteral } from "../../pattern/regex.ts";
import { NotRegular } from "../../pattern/regular-pattern.ts";
import { type Searcher, searcher } from "../../pattern/search.ts";

/** A bound on the characters of a pattern. The longest in use have some 700. */
const MAX_PATTERN = 10_000;

export interface FilePattern {
  readonly matches: Searcher;
  /** A search takes time linear in the text. Others need a time limit. */
  readonly isLinear: boolean;
}

/** The `pattern` of a part, `{"String": " "}` or `{"Regex": "\\s+"}`. */
export function readPattern(fields: JsonFields): FilePattern {
  const pattern = fields.object("pattern");
  const literal = readSource(pattern, "String");
  if (literal !== undefined) return literalPattern(literal);
  const regex = readSource(pattern, "Regex") ?? fields.fail("pattern", '{"String": ...} or {"Regex": ...}');
  try {
    return regexPattern(regex);
  } catch (error) {
    throw error instanceof GptError
      ? invalidFile(fields.file, `${fields.path}pattern: ${error.message}`)
      : error;
  }
}

/** A pattern that is a text. */
export const literalPattern = (text: string): FilePattern => ({
  matches: searcher(new RegExp(escapeLiteral(text), "gu")),
  isLinear: true,
});

function readSource(pattern: JsonFields, name: string): string | undefined {
  const source = pattern.optionalString(name);
  if (source === undefined || source.length <= MAX_PATTERN) return source;
  return pattern.fail(name, `at most ${MAX_PATTERN} characters`);
}

/** The published patterns, whose automata never look far beyond a match. */
const PUBLISHED: ReadonlySet<string> = new Set(Object.values(patterns));

function regexPattern(regex: string): FilePattern {
  const pattern = fromOniguruma(regex);
  if (PUBLISHED.has(regex)) return { matches: regular(pattern), isLinear: true };
  try {
    return { matches: quick(pattern), isLinear: true };
  } catch (error) {
    if (!(error instanceof NotRegular)) throw error;
    if (!pattern.flags.includes("v")) return { matches: searcher(pattern), isLinear: false };
    const problem = "has classes in classes beside what is not regular, which is not implemented";
    throw new GptError("invalid-file", `regular expression ${quote(regex)} ${problem}`);
  }
}

/** The error for a part of a file whose pattern takes too long. */
export const tooSlow =
  (fields: JsonFields) =>
  (problem: string): GptError =>
    invalidFile(fields.file, `${fields.path.slice(0, -1)}: ${problem}`);
