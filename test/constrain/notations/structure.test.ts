import { describe, expect, it } from "vitest";
import { isStructure, type Structure } from "../../../src/constrain/notations/structure.ts";
import { constraintIn, constraintOf } from "../../../src/constrain/notations/table.ts";
import type { Tokenizer } from "../../../src/tokenizer/tokenizer.ts";

const NAMES = ["<call>", "</call>"];
const tokenizer = {
  vocabSize: 256 + NAMES.length,
  bytes: (id: number) => (id < 256 ? Buffer.from([id]) : Buffer.from(NAMES[id - 256] as string)),
  isSpecial: (id: number) => id >= 256,
  encode: (text: string) => [...Buffer.from(text)],
} as unknown as Tokenizer;

const idsOf = (parts: readonly (string | number)[]) =>
  parts.flatMap((part) => (typeof part === "number" ? [part] : [...Buffer.from(part)]));

/** Whether ids are a whole text of a structure. */
function keeps(structure: Structure, parts: readonly (string | number)[]): boolean {
  let position = constraintIn("structure", structure).start(tokenizer);
  for (const id of idsOf(parts)) {
    const scores = new Float32Array(tokenizer.vocabSize);
    position.narrow(scores, []);
    const next = position.after(id);
    expect(scores[id] === 0, String(id)).toBe(next !== undefined);
    if (next === undefined) return false;
    position = next;
  }
  return position.mayEnd;
}

describe("parts", () => {
  const call: Structure = [{ token: "<call>" }, { regex: "[a-z]+" }, { token: "</call>" }];
  it.each<readonly [Structure, readonly (string | number)[], boolean]>([
    [call, [256, "abc", 257], true],
    [call, ["<call>abc</call>"], false],
    [call, [256, "abc", "</call>"], false],
    [call, [256, 257], false],
    [[{ until: "</a>" }, { text: "b" }], ["x<</</a>b"], true],
    [[{ until: "</a>" }, { text: "b" }], ["x</a></a>b"], false],
    [[{ until: "aab" }], ["aaab"], true],
    [[{ until: "aab" }], ["aa"], false],
    [[{ until: "é" }], ["èê世é"], true],
    [[{ untilToken: "</call>" }, { anyJson: true }], ["</call>", 257, "7"], true],
    [[{ untilToken: "</call>" }], [256, 257], false],
    [[{ free: { without: ["<a>", "</a>", "b"] } }], ["x<</a<é"], true],
    [[{ free: { without: ["<a>", "<ab"] } }], ["x<<a>"], false],
    [[{ free: { without: ["abc", "b"] } }], ["ab"], false],
    [[{ free: { without: ["<a>"], begin: "{" } }], [" \u3000<{"], true],
    [[{ free: { without: ["<a>"], begin: "{" } }], [""], true],
    [[{ free: { without: ["<a>"], begin: "{" } }], ["\n {"], false],
    [[{ free: { without: ["<a>"], begin: "{" } }], ["<a>"], false],
    [[{ free: { without: [] } }], [256], false],
    [[{ free: { without: ["<a>"] } }, { anyTimes: call }], ["a", 256, "b", 257, 256, "c", 257], true],
    [[{ oneOf: [[], call] }, { choices: ["yes", "no"] }], ["no"], true],
    [[{ oneOf: [[], call] }, { choices: ["yes", "no"] }], [256, "x", 257, "yes"], true],
    [[{ grammar: 'root ::= a\na ::= "x"' }, { grammar: 'root ::= a\na ::= "y"' }], ["xy"], true],
    [[{ jsonSchema: { type: "integer", maximum: 9 } }, { text: "." }], ["7."], true],
    [[{ jsonSchema: { type: "integer", maximum: 9 } }, { text: "." }], ["77."], false],
  ])("%j: %j", (structure, parts, expected) => {
    expect(keeps(structure, parts)).toBe(expected);
  });

  it("are written without asking where only they can follow, control tokens too", () => {
    const { forced, closing } = constraintIn("structure", [
      { text: "ab" },
      { token: "<call>" },
      { text: "cd" },
      { token: "</call>" },
    ]).start(tokenizer);
    expect(forced).toEqual(idsOf(["ab", 256, "cd", 257]));
    expect(closing).toEqual(forced);
  });

  it("are checked", () => {
    for (const wrong of [
      {},
      [7],
      [{}],
      [{ text: 7 }],
      [{ until: "" }],
      [{ free: { without: [""] } }],
      [{ free: { without: [], begin: "ab" } }],
      [{ a: "" }],
      [{ text: "a", token: "b" }],
    ]) {
      expect(isStructure(wrong)).toBe(false);
    }
    expect(isStructure([{ oneOf: [[{ text: "a" }], []] }])).toBe(true);
    expect(() => constraintOf({ structure: [{ text: "a" }], regex: "a" })).toThrow("give one of them");
    expect(() => constraintIn("structure", [{ jsonSchema: { isSorted: true } }])).toThrow("isSorted");
  });
});
