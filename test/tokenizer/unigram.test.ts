import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PrefixIndex } from "../../src/tokenizer/unigram/prefix-index.ts";
import { Unigram, type UnigramDescription } from "../../src/tokenizer/unigram/unigram.ts";
import { expectRefusal, load, tokenizerJson } from "./fixtures.ts";

type Piece = readonly [text: string, score: number];

const unigram = (pieces: readonly Piece[], more: Partial<UnigramDescription> = {}) => {
  const ids = new Map(pieces.map(([text], id) => [text, id]));
  ids.delete("<unk>");
  const scores = pieces.map(([, score]) => score);
  const model = new Unigram(
    { type: "Unigram", scores, unknown: 0, byteTokens: [], userDefined: [], ...more },
    ids,
  );
  return (text: string): number[] => {
    const found: number[] = [];
    model.encode(text, 0, text.length, found);
    return found;
  };
};

describe("Unigram", () => {
  const pieces: Piece[] = [
    ["<unk>", 0],
    ["a", -1],
    ["b", -2],
    ["ab", -2.5],
    ["abc", -9],
    ["c", -3],
    ["bc", -3.5],
  ];

  it("finds the tokens with the greatest sum of scores", () => {
    expect(unigram(pieces)("abc")).toEqual([1, 6]);
    expect(unigram(pieces)("abab")).toEqual([3, 3]);
    expect(unigram([...pieces, ["abcd", -1]])("abcdabc")).toEqual([7, 1, 6]);
  });

  it("makes one unknown token of a run of characters without tokens", () => {
    expect(unigram(pieces)("axx😀xb")).toEqual([1, 0, 2]);
    expect(unigram(pieces)("xx")).toEqual([0]);
    expect(unigram(pieces, { unknown: undefined })("axb")).toEqual([1, 2]);
  });

  it("spells such characters in bytes if it has all of them", () => {
    const byteTokens = Array.from({ length: 256 }, (_, byte) => (byte === 0xff ? undefined : 100 + byte));
    expect(unigram(pieces, { byteTokens })("aéx")).toEqual([1, 100 + 0xc3, 100 + 0xa9, 100 + 0x78]);
    expect(unigram(pieces, { byteTokens: byteTokens.slice(0, 0x80) })("aé")).toEqual([1, 0]);
  });

  it("prefers tokens that the user defines", () => {
    const own: Piece[] = [
      ["<unk>", 0],
      ["a", -1],
      ["b", -1],
      ["ab", 0],
      ["abc", -0.5],
      ["c", -1],
    ];
    expect(unigram(own, { userDefined: [3] })("abc")).toEqual([4]);
    expect(unigram(own.slice(0, 4), { userDefined: [3] })("aab")).toEqual([1, 1, 2]);
  });

  it("finds what a search over all ways finds", () => {
    const tokens = ["a", "b", "ab", "ba", "aba", "bb", "abab"];
    const drawn = fc.record({
      scores: fc.array(fc.integer({ min: -40, max: -1 }), { minLength: 7, maxLength: 7 }),
      text: fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 }),
    });
    fc.assert(
      fc.property(drawn, ({ scores, text }) => {
        const all: Piece[] = [
          ["<unk>", 0],
          ...tokens.map((token, i) => [token, scores[i] as number] as const),
        ];
        const score = (ids: readonly number[]) => ids.reduce((sum, id) => sum + (all[id]?.[1] ?? 0), 0);
        const best = (rest: string): number =>
          rest === ""
            ? 0
            : all.reduce(
                (most, [token, own]) =>
                  rest.startsWith(token) ? Math.max(most, own + best(rest.slice(token.length))) : most,
                Number.NEGATIVE_INFINITY,
              );
        const ids = unigram(all)(text);
        expect(ids.map((id) => all[id]?.[0]).join("")).toBe(text);
        expect(score(ids)).toBe(best(text));
      }),
    );
  });

  it("takes time in proportion to the text", () => {
    const long = unigram([
      ["<unk>", 0],
      ["a", -1],
      ["aa", -1.5],
      ["a".repeat(16), -3],
    ]);
    expect(long("a".repeat(1_600_000)).length).toBe(100_000);
    expect(long("x".repeat(1_000_000))).toEqual([0]);
  });

  it.each([
    ['model.vocab[0] is ["a"], expected a token and its score', { vocab: [["a"]] }],
    ["model.vocab[0] is", { vocab: [["a", null]] }],
    ["model.unk_id is 2, expected an id of the vocabulary", { vocab: [["a", -1]], unk_id: 2 }],
  ])("is refused where %s", async (message, model) => {
    await expectRefusal(() => load(tokenizerJson({ type: "Unigram", ...model })), message);
  });
});

describe("PrefixIndex", () => {
  it("hands on the tokens at a place, the shortest first", () => {
    const tokens = ["a", "ab", "abc", "abd", "b", "😀", "😀x", ""];
    const index = new PrefixIndex(tokens.map((token, id) => [token, id] as const));
    const at = (text: string, start: number, end = text.length) => {
      const found: [string | undefined, number][] = [];
      index.each(text, start, end, (id, after) => found.push([tokens[id], after]));
      return found;
    };
    expect(at("xabd", 1)).toEqual([
      ["a", 2],
      ["ab", 3],
      ["abd", 4],
    ]);
    expect(at("abd", 0, 2)).toEqual([
      ["a", 1],
      ["ab", 2],
    ]);
    expect(at("abx", 1)).toEqual([["b", 2]]);
    expect(at("😀xy", 0)).toEqual([
      ["😀", 2],
      ["😀x", 3],
    ]);
    expect(at("z", 0)).toEqual([]);
    expect(at("a", 1)).toEqual([]);
    expect(index.longest("abdx", 0)).toBe(3);
  });
});
