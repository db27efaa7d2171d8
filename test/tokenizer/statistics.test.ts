import { describe, expect, it } from "vitest";
import { TokenCounts } from "../../src/tokenizer/statistics.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

describe("TokenCounts", () => {
  it("counts tokens, their bytes, and the part of the vocabulary that occurs", () => {
    const counts = new TokenCounts(new ByteTokenizer(["a", "b", "the ", "cat", "unused"]));
    for (const text of ["the cat", "the a", "ab"]) counts.add(text);
    expect(counts.statistics()).toEqual({
      texts: 3,
      changedTexts: 0,
      bytes: 14,
      tokens: 6,
      vocabSize: 5,
      usedTokens: 4,
      tokensByBytes: [3, 0, 1, 2, 0, 0, 0, 0, 0, 0],
      frequent: [
        { id: 0, count: 2 },
        { id: 2, count: 2 },
        { id: 1, count: 1 },
        { id: 3, count: 1 },
      ],
    });
  });

  it("tells of texts that are lost on the way", () => {
    const tokenizer = new ByteTokenizer(["a"]);
    const counts = new TokenCounts(
      Object.assign(tokenizer, { encode: (text: string) => [...text].map(() => 0) }),
    );
    counts.add("aa");
    counts.add("ab");
    expect(counts.statistics()).toMatchObject({ texts: 2, changedTexts: 1 });
  });

  it("has numbers for no text at all", () => {
    const statistics = new TokenCounts(new ByteTokenizer(["a"])).statistics();
    expect(statistics).toMatchObject({ texts: 0, tokens: 0, usedTokens: 0, frequent: [] });
  });
});
