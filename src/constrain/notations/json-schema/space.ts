/** White space between the marks of JSON: none, one blank, or a new line with an indentation. It is bounded. */
import { choice, literal, repeat, rule, sequence } from "../../grammar/expression.ts";

/** Blanks of an indentation. */
const INDENTATION = 16;

export const spaces = choice(
  sequence(),
  literal(" "),
  sequence(literal("\n"), repeat(literal(" "), 0, INDENTATION)),
);

/** The name of the rule of `spaces`. */
export const SPACES = "space";
export const SPACE = rule(SPACES);
export const COMMA = sequence(literal(","), SPACE);
export const COLON = sequence(literal(":"), repeat(literal(" "), 0, 1));
