/** A list of texts, one of which is the whole text. */
import { choice, type Grammar, literal } from "../grammar/expression.ts";

export const choicesGrammar = (texts: readonly string[]): Grammar => ({
  rules: new Map([["root", choice(...texts.map(literal))]]),
  root: "root",
});
