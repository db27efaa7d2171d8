import { describe, expect, it } from "vitest";
import { type AddedToken, AddedTokens, addedToken } from "../../src/tokenizer/added-tokens.ts";
import { lowercase } from "../../src/tokenizer/formats/pipeline/normalizers.ts";
import { unchanged } from "../../src/tokenizer/rewrite.ts";

const token = (content: string, id: number, options: Partial<AddedToken> = {}): AddedToken => ({
  ...addedToken(content, id, false),
  ...options,
});
const cut = (tokens: readonly AddedToken[], text: string, parseSpecial = false, normalize = unchanged) =>
  new AddedTokens(tokens, normalize).split(text, parseSpecial);

describe("AddedTokens", () => {
  it("cuts control tokens out only when asked to", () => {
    const tokens = [addedToken("<s>", 1, true), addedToken("<tool>", 2, false)];
    expect(cut(tokens, "a<s><tool>b")).toEqual(["a<s>", 2, "b"]);
    expect(cut(tokens, "a<s><tool>b", true)).toEqual(["a", 1, 2, "b"]);
    expect(cut(tokens, "<s>", true)).toEqual([1]);
    expect(cut(tokens, "")).toEqual([]);
  });

  it("takes the leftmost, then the longest token", () => {
    const tokens = [token("ab", 1), token("abc", 2), token("bcd", 3), token("[", 4), token("-", 5)];
    expect(cut(tokens, "abcd")).toEqual([2, "d"]);
    expect(cut(tokens, "ababc[-bcd")).toEqual([1, 2, 4, 5, 3]);
  });

  it("does not mistake the end of a text for a longer token", () => {
    const tokens = [token("<a>", 1), token("<a><b>", 2)];
    expect(cut(tokens, "x<a>")).toEqual(["x", 1]);
    expect(cut(tokens, "x<a><b")).toEqual(["x", 1, "<b"]);
    expect(cut(tokens, "<a><b>")).toEqual([2]);
  });

  it("finds one among two hundred thousand", () => {
    const tokens = Array.from({ length: 200_000 }, (_, id) => token(`<audio_${id}>`, id));
    expect(cut(tokens, "a <audio_199999><audio_7> b")).toEqual(["a ", 199_999, 7, " b"]);
  });

  it("takes white space along where the token says so", () => {
    const tokens = [token("<l>", 1, { leftStrip: true }), token("<r>", 2, { rightStrip: true })];
    expect(cut(tokens, "a \u2003<l> b <r>\n\tc")).toEqual(["a", 1, " b ", 2, "c"]);
    expect(cut(tokens, " <l> <r> <l>")).toEqual([1, " ", 2, 1]);
  });

  it("leaves single words alone inside of longer ones", () => {
    const tokens = [token("<m>", 1, { singleWord: true })];
    expect(cut(tokens, "<m> a<m> <m>b <m>")).toEqual([1, " a<m> <m>b ", 1]);
    expect(cut(tokens, "<m>, <m>- \u0330<m>")).toEqual([1, ", ", 1, "- \u0330<m>"]);
    expect(cut(tokens, "𝒜<m>,<m>")).toEqual(["𝒜<m>,", 1]);
  });

  it("looks for normalized tokens in the normalized text", () => {
    const tokens = [token("Name", 1, { normalized: true }), token("CLS", 2)];
    expect(cut(tokens, "My NAME is CLS cls", false, lowercase)).toEqual(["my ", 1, " is ", 2, " cls"]);
  });

  it("normalizes the text between tokens piece by piece", () => {
    const prefix = (text: string) => `▁${text}`;
    expect(cut([token("<s>", 1)], "a<s>b", false, prefix)).toEqual(["▁a", 1, "▁b"]);
  });
});
