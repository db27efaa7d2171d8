import { describe, expect, it } from "vitest";
import { Constraint } from "../../../src/constrain/constraint.ts";
import { parseGbnf } from "../../../src/constrain/notations/gbnf.ts";

const accepts = (grammar: string, text: string) =>
  new Constraint(parseGbnf(grammar), "the grammar").accepts(text);

/** In the style of llama.cpp's grammars: arithmetic, JSON, lists, chess. */
const ARITHMETIC = `
# An expression, an equals sign, a number
root  ::= (expr "=" ws term "\\n")+
expr  ::= term ([-+*/] term)*
term  ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num   ::= [0-9]+ ws
ws    ::= [ \\t\\n]*
`;
const JSON_TEXT = `
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\\"" ( [^"\\\\\\x7F\\x00-\\x1F] | "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
# Blanks are bounded
ws ::= | " " | "\\n" [ \\t]{0,20}
`;
const JAPANESE = `root ::= jp-char+ ([ \\t\\n] jp-char+)*
jp-char ::= [ぁ-ゟ] | [ァ-ヿ] | [\\u4E00-\\u9FFF] | "\\U0001F600"`;

describe("GBNF", () => {
  it.each([
    [ARITHMETIC, "(a +12) *b_2=\n3\n", true],
    [ARITHMETIC, "a+=3\n", false],
    [JSON_TEXT, '{"a": [1, -2.5e3, {"b": null}], "é": "\\u00e9"}', true],
    [JSON_TEXT, '{"a": [1,]}', false],
    [JSON_TEXT, "[]", false],
    [JAPANESE, "ひらがな カタカナ漢字😀", true],
    [JAPANESE, "romaji", false],
    ['root ::= "a" | # a comment\n  "b"\n', "b", true],
    ['root ::= "a"{2} "b"{1,} "c"{0,2}', "aabbcc", true],
    ['root ::= "a"{2} "b"{1,} "c"{0,2}', "aabbccc", false],
    ['root ::= x?\nx ::= "1" | "2" x', "221", true],
    ["root ::= [^\\]a-] [-z] [\\[]", "b-[", true],
    ["root ::= [^\\]a-] [-z] [\\[]", "]-[", false],
    ['root ::= "a" ::= b', "", undefined],
  ])("%s: %j %j", (grammar, text, holds) => {
    if (holds === undefined)
      expect(() => parseGbnf(grammar)).toThrow("line 1 of the grammar: expected the end of the rule");
    else expect(accepts(grammar, text)).toBe(holds);
  });

  it.each([
    ['x ::= "a"', "the grammar has no rule root"],
    ["root ::= a", 'line 1 of the grammar: there is no rule a, found "a"'],
    ['root ::= "a"\nroot ::= "b"', "line 2 of the grammar: the rule root is there twice"],
    ['root ::= "a', 'line 1 of the grammar: expected " or ] before the end, found the end'],
    ['root "a"', "expected ::= after root"],
    ["::=", "expected the name of a rule"],
    ['root ::= ("a"', "expected )"],
    ["root ::= [z-a]", "a range of characters goes backwards"],
    ['root ::= "\\q"', "\\q is no escape"],
    ['root ::= "\\uD800"', "an escape is no character"],
    ['root ::= "a"{3,2}', "a repetition from 3 to 2 has no length"],
    ['root ::= "a"{1,99999}', "a repetition goes to 65536 times at most"],
    ["root ::= <think>", "tokens as <name>"],
    ["root ::= !<think>", "tokens as <name>"],
    [`root ::= ${"(".repeat(300)}"a"${")".repeat(300)}`, "more than 200 groups"],
  ])("%s is refused", (grammar, problem) => {
    expect(() => parseGbnf(grammar)).toThrow(problem);
  });

  it.each([
    ['root ::= root "a" | "b"', "the rule root begins with itself"],
    ['root ::= x\nx ::= "a"? y\ny ::= x "b" | "c"', "begins with itself"],
    ['root ::= "a" root', "it allows no text"],
  ])("%s has no tables", (grammar, problem) => {
    expect(() => new Constraint(parseGbnf(grammar), "the grammar")).toThrow(problem);
  });

  it("a grammar that says the same in very many ways is refused", () => {
    const many = 'root ::= x | y | "d"\nx ::= "a" root "b"\ny ::= "a" root "c"';
    expect(accepts(many, "aaadbcb")).toBe(true);
    expect(() => accepts(many, "a".repeat(30))).toThrow("the grammar is ambiguous in more than 4096 ways");
  });
});
