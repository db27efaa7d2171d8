import { describe, expect, it } from "vitest";
import { idsAfter, idsWithin, textAfter } from "../../src/chat/joining.ts";
import { openTokenizer } from "../../src/library/open-tokenizer.ts";
import { describeWithShared, shared } from "../shared.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

const tokenizer = new ByteTokenizer(["a", "b", " b", "END", "E", "bE", "ND", [0xf0, 0x9f], [0x98, 0x80]]);

describe("idsAfter", () => {
  it("is the text's own ids where it begins without a space of its own", () => {
    expect(idsAfter(tokenizer, [0], " bb")).toEqual([2, 1]);
    expect(idsAfter(tokenizer, [], "")).toEqual([]);
  });
});

describe("textAfter", () => {
  it("is what ids add to a text, with a sign for half a character", () => {
    expect(textAfter(tokenizer, [0], [1, 7, 8])).toBe("b😀");
    expect(textAfter(tokenizer, [0, 7], [8])).toBe("😀");
    expect(textAfter(tokenizer, [0], [7])).toBe("\ufffd");
  });
});

describe("idsWithin", () => {
  it("leaves out the stop text that the text lacks", () => {
    expect(idsWithin(tokenizer, [], [0, 1, 3], "ab")).toEqual([0, 1]);
    expect(idsWithin(tokenizer, [], [3], "")).toEqual([]);
    expect(idsWithin(tokenizer, [], [7, 8, 3], "😀")).toEqual([7, 8]);
  });

  it("leaves out a control token at the end, which has no text", () => {
    const special = new ByteTokenizer(["a", "<end>", "<x>"], { bosId: 2, endOfTextIds: [1] });
    expect(idsWithin(special, [], [0, 2, 0, 1], "aa")).toEqual([0, 2, 0]);
    expect(idsWithin(special, [], [1], "")).toEqual([]);
  });

  it("spells the rest anew where the stop text begins within a token", () => {
    expect(idsWithin(tokenizer, [], [0, 5, 6], "ab")).toEqual([0, 1]);
  });
});

describeWithShared("a SentencePiece tokenizer", () => {
  it("joins text without a space of its own", async () => {
    const llama = await openTokenizer(shared("tokenizers/llama-spm/vocab.gguf"));
    const previous = llama.encode("She was walk");
    for (const text of ["ing", " and", "  two", "\nline", "Ünï 日本 😀"]) {
      const ids = idsAfter(llama, previous, text);
      expect(textAfter(llama, previous, ids)).toBe(text);
      expect(llama.decode([...previous, ...ids])).toBe(`She was walk${text}`);
    }
  });
});
