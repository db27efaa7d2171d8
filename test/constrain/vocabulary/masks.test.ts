/** Masks against the plain definition: a token may follow if each of its bytes may. */
import { expect, test } from "vitest";
import { constraintIn } from "../../../src/constrain/notations/table.ts";

const MARKS = ["a", "b", "Z", "0", "7", '"', "\\", ",", " ", "\n", "é", "世", "😀"];

/** All texts of up to three marks, some with a part of a character, and long ones. */
function tokens(): readonly Buffer[] {
  const pairs = MARKS.flatMap((first) => MARKS.map((second) => first + second));
  const triples = MARKS.flatMap((first) => pairs.map((pair) => first + pair));
  const whole = [...MARKS, ...pairs, ...triples].map((text) => Buffer.from(text));
  const cut = whole.flatMap((bytes) => [bytes.subarray(1), bytes.subarray(0, -1)]);
  const long = ["a".repeat(30), `${"ab ".repeat(9)}"`, `${"é".repeat(14)}a`, `a"${" ".repeat(40)}`];
  const bytes = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
  const all = [...bytes, ...whole, ...cut, ...long.map((text) => Buffer.from(text))].filter(
    ({ length }) => length > 0,
  );
  return [...new Map(all.map((token) => [token.toString("latin1"), token])).values()];
}

const vocabulary = tokens();
const tokenizer = {
  vocabSize: vocabulary.length,
  bytes: (id: number) => vocabulary[id] as Buffer,
  isSpecial: () => false,
};

/** Each with a text that keeps it, one byte a token. */
const cases = [
  ["a text between quotes", "jsonSchema", { type: "string" }, '"ab é世\\n"'],
  [
    "a text of a few characters",
    "jsonSchema",
    { type: "string", minLength: 3, maxLength: 70 },
    '"ab é世aaaa"',
  ],
  ["a text near its most", "jsonSchema", { type: "string", maxLength: 80 }, `"${"aé".repeat(38)}ab"`],
  ["a text far from its least", "jsonSchema", { type: "string", minLength: 90 }, `"${"aé".repeat(46)}ab"`],
  ["any JSON", "anyJson", true, '{"a": ["b", 70, true, {"é": "世"}]}'],
  ["a counted class", "regex", "[ab0 ]{5,100}", "ab 0".repeat(25)],
  ["every character", "grammar", 'root ::= text "\\n" text\ntext ::= .+', "aé世\nb"],
  ["names that end anywhere", "grammar", 'root ::= name ("," name)*\nname ::= [ab]+ | [^ -~]+', "ab,é,a"],
  ["a list of long lists", "regex", "(?:(?:[ab]{2,40},){3,60}0){2,50}", "ab,aab,ba,0ab,ab,ab,ba,0"],
  ["characters of some kinds", "regex", "[a-zé一-龥]*", "aé世b"],
] as const;

test.each(cases)("%s: a mask has the tokens that may follow, and no others", (_, kind, given, text) => {
  let position = constraintIn(kind as "regex", given as string).start(tokenizer);
  for (const byte of Buffer.from(text)) {
    const scores = new Float32Array(vocabulary.length);
    position.narrow(scores, []);
    const masked = vocabulary.filter((_, id) => scores[id] === 0).map((token) => token.toString("latin1"));
    const right = vocabulary.filter((_, id) => position.after(id) !== undefined);
    expect(masked, JSON.stringify(text)).toEqual(right.map((token) => token.toString("latin1")));
    position = position.after(byte) as typeof position;
    expect(position).toBeDefined();
  }
  expect(position.mayEnd).toBe(true);
});
