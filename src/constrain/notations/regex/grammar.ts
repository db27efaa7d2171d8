/** A regular expression as the grammar of a whole text. */
import type { CodePoints } from "../../grammar/code-points.ts";
import {
  character,
  choice,
  type Expression,
  type Grammar,
  repeat,
  sequence,
} from "../../grammar/expression.ts";
import { whole } from "./anchored.ts";
import { parseRegex } from "./parse.ts";
import type { Pattern } from "./pattern.ts";

/** @throws GptError `usage` for what is no regular expression, or is not supported */
export const regexGrammar = (source: string): Grammar => ({
  rules: new Map([["root", patternExpression(whole(parseRegex(source)), character)]]),
  root: "root",
});

/** @param spell how a character of a set is written */
export function patternExpression(pattern: Pattern, spell: (set: CodePoints) => Expression): Expression {
  switch (pattern.kind) {
    case "characters":
      return spell(pattern.set);
    case "sequence":
      return sequence(...pattern.parts.map((part) => patternExpression(part, spell)));
    case "choice":
      return choice(...pattern.options.map((option) => patternExpression(option, spell)));
    case "repeat":
      return repeat(patternExpression(pattern.of, spell), pattern.least, pattern.most);
    default:
      return sequence(); // An anchor at an end, which holds there.
  }
}
