import { describe, expect, it } from "vitest";
import { BannedTexts } from "../../src/text/banned-texts.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

/** Which of the pieces may come after the pieces before. */
function accepted(ban: readonly string[], before: readonly number[], tokenizer: ByteTokenizer): number[] {
  const banned = new BannedTexts(tokenizer, ban);
  for (const id of before) banned.push(id);
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => banned.accepts(id));
}

describe("BannedTexts", () => {
  const tokenizer = new ByteTokenizer(["foo", "f", "o", "o bar", "xfoox", "bar"]);

  it("refuses a token that contains a banned text", () => {
    expect(accepted(["foo"], [], tokenizer)).toEqual([1, 2, 3, 5]);
  });

  it("refuses a token that completes one, however it was spelled so far", () => {
    expect(accepted(["foo"], [1, 2], tokenizer)).toEqual([1, 5]);
    expect(accepted(["o b"], [1, 2], tokenizer)).toEqual([0, 1, 2, 4, 5]);
  });

  it("knows several texts that overlap", () => {
    expect(accepted(["foob", "oba"], [0], tokenizer)).toEqual([0, 1, 2, 3, 4]);
  });

  it("sees the bytes of characters that are split over tokens", () => {
    const bytes = new ByteTokenizer([[0xf0, 0x9f], [0x98, 0x80], [0x98, 0x81], "ok"]);
    expect(accepted(["😀"], [0], bytes)).toEqual([0, 2, 3]);
  });

  it("lets control tokens pass, which are no text", () => {
    const special = new ByteTokenizer(["foo", "<eos>"], { endOfTextIds: [1] });
    expect(accepted(["eos"], [], special)).toEqual([0, 1]);
    expect(accepted(["foofoo"], [0, 1], special)).toEqual([1]);
  });
});
