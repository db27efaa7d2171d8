/** Texts as JSON writes them: in quotes, with escapes. */
import { type CodePoints, codePoints, complement } from "../../grammar/code-points.ts";
import {
  character,
  choice,
  type Expression,
  literal,
  repeat,
  rule,
  sequence,
} from "../../grammar/expression.ts";
import { type Automaton, automatonExpression } from "../regular/automaton.ts";

/** Characters that stand for themselves: all but control characters, the quote and the backslash. */
const plain = complement(
  codePoints([
    [0, 0x1f],
    [0x22, 0x22],
    [0x5c, 0x5c],
  ]),
);

const hex = (first: number, last: number): Expression =>
  character(codePoints([[first, last].map((value) => value.toString(16).charCodeAt(0)) as [number, number]]));
const digit = choice(hex(0, 9), hex(10, 15));

/** `\uXXXX`, but for surrogates. */
const unicode = sequence(
  literal("\\u"),
  choice(
    sequence(choice(hex(0, 9), hex(10, 12), hex(14, 15)), digit, digit, digit),
    sequence(literal("d"), hex(0, 7), digit, digit),
  ),
);

/** One character of any text, written in any way. */
export const anyMark = choice(
  character(plain),
  sequence(
    literal("\\"),
    character(codePoints([...'"\\/bfnrt'].map((mark) => [mark.charCodeAt(0), mark.charCodeAt(0)]))),
  ),
  unicode,
);

/** The name of the rule of `anyMark`. */
export const ANY_MARK = "character";

/** One character of a set, written in one way. */
function mark(set: CodePoints): Expression {
  const escaped = set.flatMap(([first, last]) => {
    const codes = [0x22, 0x5c, ...Array.from({ length: 32 }, (_, i) => i)];
    return codes.filter((code) => first <= code && code <= last);
  });
  const rest = complement(codePoints([...complement(set), ...complement(plain)]));
  return choice(
    ...(rest.length === 0 ? [] : [character(rest)]),
    ...escaped.map((code) => literal(JSON.stringify(String.fromCharCode(code)).slice(1, -1))),
  );
}

/** A text of a number of characters. */
export const textOfLength = (least: number, most: number): Expression =>
  sequence(literal('"'), repeat(rule(ANY_MARK), least, most), literal('"'));

/** A text that an automaton has. */
export const textOf = (automaton: Automaton): Expression =>
  sequence(literal('"'), automatonExpression(automaton, mark), literal('"'));
