import { describe, expect, it } from "vitest";
import { Constraint } from "../../src/constrain/constraint.ts";
import { choicesGrammar } from "../../src/constrain/notations/choices.ts";
import { parseGbnf } from "../../src/constrain/notations/gbnf.ts";
import { regexGrammar } from "../../src/constrain/notations/regex/grammar.ts";
import type { ConstraintPosition } from "../../src/constrain/position.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

/** Every text of two letters and their accented kin, up to a length. */
function texts(alphabet: readonly string[], longest: number): string[] {
  const all = [""];
  for (let from = 0, length = 1; length <= longest; length++) {
    const end = all.length;
    for (; from < end; from++) for (const letter of alphabet) all.push(all[from] + letter);
  }
  return all;
}

/** All texts that a constraint lets tokens spell, up to a number of bytes, by its masks and by its steps. */
function spelled(constraint: Constraint, pieces: readonly (string | readonly number[])[], longest: number) {
  const tokenizer = new ByteTokenizer([...pieces, "<end>"], { endOfTextIds: [pieces.length] });
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (position: ConstraintPosition, bytes: Buffer) => {
    if (position.mayEnd) found.add(bytes.toString());
    if (bytes.length >= longest || position.complete) return;
    const scores = new Float32Array(pieces.length + 1);
    position.narrow(scores, [pieces.length]);
    for (const id of pieces.keys()) {
      const next = position.after(id);
      expect(next !== undefined, `${bytes.toString("latin1")} + ${pieces[id]}`).toBe(scores[id] === 0);
      if (next === undefined) continue;
      const more = Buffer.concat([bytes, tokenizer.bytes(id)]);
      if (more.length > longest || seen.has(more.toString("latin1"))) continue;
      seen.add(more.toString("latin1"));
      visit(next, more);
    }
    expect(scores[pieces.length]).toBe(position.mayEnd ? 0 : Number.NEGATIVE_INFINITY);
  };
  visit(constraint.start(tokenizer), Buffer.alloc(0));
  return found;
}

const PIECES = [
  "a",
  "b",
  "ab",
  "ba",
  "aab",
  "bb)",
  "(",
  ")",
  "((",
  "))",
  ")(",
  "(a",
  "a)",
  [0xc3],
  [0xa9],
  "éa",
  [0xa9, 0x61],
  "é(",
];

/** A grammar, and a JavaScript function that says the same. */
const languages: readonly (readonly [name: string, gbnf: string, holds: (text: string) => boolean])[] = [
  ["brackets in pairs", 'root ::= ("(" root ")" root)?', (text) => /^[()]*$/.test(text) && balanced(text)],
  [
    "a^n b^n",
    'root ::= "a" root "b" | "ab"',
    (text) => /^(a+)(b+)$/.test(text) && text.length === 2 * text.indexOf("b"),
  ],
  [
    "ambiguous ends",
    'root ::= "a" root "a" | "a" root "b" | "b"',
    (text) =>
      text.length % 2 === 1 &&
      text[(text.length - 1) / 2] === "b" &&
      /^a*$/.test(text.slice(0, (text.length - 1) / 2)) &&
      /^[ab]*$/.test(text),
  ],
  ["characters of two bytes", 'root ::= [^a()]{1,3} "a"?', (text) => /^[^a()]{1,3}a?$/u.test(text)],
  ["counted", 'root ::= ("ab" | "a"){2,4} "b"', (text) => /^(?:ab|a){2,4}b$/.test(text)],
  ["rules that may be empty", 'root ::= x y x\nx ::= "a"*\ny ::= [bé]?', (text) => /^a*[bé]?a*$/.test(text)],
  ["any character", 'root ::= . "a" .', (text) => /^.a.$/su.test(text)],
];

function balanced(text: string): boolean {
  let depth = 0;
  for (const mark of text) {
    depth += mark === "(" ? 1 : -1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

describe("a small language, completely", () => {
  it.each(languages)("%s: allows what it should, and nothing else", (_, gbnf, holds) => {
    const constraint = new Constraint(parseGbnf(gbnf), "the grammar");
    const all = texts(["a", "b", "(", ")", "é"], 6).filter((text) => Buffer.byteLength(text) <= 6);
    for (const text of all) expect(constraint.accepts(text), text).toBe(holds(text));
    const expected = all.filter(holds).sort();
    expect([...spelled(constraint, PIECES, 6)].sort()).toEqual(expected);
  });

  it("counts far: a thousand characters in few states", () => {
    const constraint = new Constraint(parseGbnf('root ::= "(" [abé]{3,1000} ")"'), "the grammar");
    for (const count of [0, 2, 3, 4, 999, 1000, 1001]) {
      const holds = count >= 3 && count <= 1000;
      expect(constraint.accepts(`(${"é".repeat(count)})`)).toBe(holds);
      expect(constraint.accepts(`(${"ab".repeat(count / 2)}${"a".repeat(count % 2)})`)).toBe(holds);
    }
    const tokenizer = new ByteTokenizer(PIECES);
    for (const count of [0, 1, 2, 3, 500, 994, 995, 996, 997, 998, 999, 1000]) {
      let position: ConstraintPosition | undefined = constraint.start(tokenizer).after(6);
      for (let i = 0; i < count; i++) position = position?.after(i % 2);
      const scores = new Float32Array(PIECES.length);
      position?.narrow(scores, []);
      for (const id of PIECES.keys())
        expect(position?.after(id) !== undefined, `${count} ${PIECES[id]}`).toBe(scores[id] === 0);
    }
  });

  it("choices and regular expressions are grammars too", () => {
    const choices = new Constraint(choicesGrammar(["aab", "ab", "é", "(a)"]), "the choices");
    expect([...spelled(choices, PIECES, 6)].sort()).toEqual(["(a)", "aab", "ab", "é"].sort());
    const regex = new Constraint(regexGrammar("^(?:a|b\\)){1,2}$"), "the regex");
    expect([...spelled(regex, PIECES, 6)].sort()).toEqual(["a", "aa", "ab)", "b)", "b)a", "b)b)"].sort());
  });
});

describe("ConstraintPosition", () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => [byte]);
  const tokenizer = new ByteTokenizer([...bytes, "true", "tru", "fa", '": ', "éa"]);

  it("knows what must follow, but for a token that may be longer", () => {
    const start = new Constraint(parseGbnf('root ::= "true" | "truth"'), "the grammar").start(tokenizer);
    expect(start.forced).toEqual([]); // tru alone: th and true are not decided
    const whole = new Constraint(choicesGrammar(["true"]), "the choices").start(tokenizer);
    expect(whole.forced).toEqual([256]);
    const long = new Constraint(parseGbnf('root ::= "fa\\": " [a-z]+'), "the grammar").start(tokenizer);
    expect(long.forced).toEqual([258]);
  });

  it("knows the shortest way out", () => {
    const start = new Constraint(parseGbnf('root ::= "[" root ("," root)* "]" | "true" | "a"'), "g").start(
      tokenizer,
    );
    expect(start.closing).toEqual([97]);
    const inside = start.after(0x5b)?.after(0x5b);
    expect(inside?.closing).toEqual([0x61, 0x5d, 0x5d]);
    expect(inside?.closesWithin(3)).toBe(true);
    expect(inside?.closesWithin(2)).toBe(false);
    expect(inside?.mayEnd).toBe(false);
  });

  it("refuses when no token spells what must follow", () => {
    const position = new Constraint(choicesGrammar(["z"]), "the choices").start(
      new ByteTokenizer(["a", "b"]),
    );
    expect(() => position.narrow(new Float32Array(2), [])).toThrow("no token of this model spells");
    expect(position.closing).toBeUndefined();
    expect(position.closesWithin(0)).toBe(true);
  });
});
