import { describe, expect, it } from "vitest";
import { TextCursor } from "../../../src/text/cursor/text-cursor.ts";
import { ByteTokenizer } from "../byte-tokenizer.ts";

interface Rules {
  readonly ban?: readonly string[];
  readonly stop?: readonly string[];
}

function read(ids: readonly number[], { ban = [], stop = [] }: Rules, tokenizer: ByteTokenizer): TextCursor {
  const start = TextCursor.start(tokenizer, { ban, stop });
  return ids.reduce((cursor, id) => cursor.after(id) ?? cursor, start);
}

const ids = (tokenizer: ByteTokenizer) => Array.from({ length: tokenizer.vocabSize }, (_, id) => id);

/** Which of the pieces may come after the pieces before. */
function accepted(ban: readonly string[], before: readonly number[], tokenizer: ByteTokenizer): number[] {
  const cursor = read(before, { ban }, tokenizer);
  return ids(tokenizer).filter((id) => cursor.after(id) !== undefined);
}

/** Which of the pieces complete a stop text after the pieces before. */
function completing(stop: readonly string[], before: readonly number[], tokenizer: ByteTokenizer): number[] {
  const cursor = read(before, { stop }, tokenizer);
  return ids(tokenizer).filter((id) => cursor.after(id)?.complete);
}

describe("a TextCursor, of what is banned,", () => {
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

  it("lets control tokens pass, which are no text, unless it names them", () => {
    const special = new ByteTokenizer(["foo", "<eos>", "<bos>"], { bosId: 2, endOfTextIds: [1] });
    expect(accepted(["eos"], [], special)).toEqual([0, 1, 2]);
    expect(accepted(["foofoo"], [0, 1], special)).toEqual([1, 2]);
    expect(accepted(["<eos>"], [], special)).toEqual([0, 2]);
    expect(accepted(["foo<eos>"], [], special)).toEqual([0, 1, 2]);
    expect(accepted(["foo<eos>"], [0], special)).toEqual([0, 2]);
    expect(accepted(["foo<eos>"], [0, 2], special)).toEqual([0, 1, 2]);
    expect(accepted(["<eos>foo"], [1], special)).toEqual([1, 2]);
  });

  it("sees the name of a control token that is spelled in plain text", () => {
    const plain = new ByteTokenizer(["<", "eos", ">", "<eos>"], { endOfTextIds: [3] });
    expect(accepted(["<eos>"], [0, 1], plain)).toEqual([0, 1]);
  });

  it("goes on with a character that the prompt began", () => {
    const bytes = new ByteTokenizer([[0xf0, 0x9f], [0x98, 0x80], [0x98, 0x81], "ok"]);
    const cursor = TextCursor.start(bytes, { ban: ["😀"], stop: ["😁"] }, [0xf0, 0x9f]);
    expect(ids(bytes).filter((id) => cursor.after(id) !== undefined)).toEqual([0, 2, 3]);
    expect(cursor.after(2)?.found).toEqual({ text: "😁", excess: 2 });
  });
});

describe("a TextCursor, of what stops,", () => {
  const tokenizer = new ByteTokenizer(["foo", "f", "o", "o bar", "xfoox", "bar"]);

  it("is complete after a token that completes a stop text, however it was spelled so far", () => {
    expect(completing(["foo"], [], tokenizer)).toEqual([0, 4]);
    expect(completing(["foo"], [1, 2], tokenizer)).toEqual([0, 2, 3, 4]);
    expect(completing([], [1, 2], tokenizer)).toEqual([]);
  });

  it("stays as it is while texts part from it", () => {
    const cursor = read([1, 2], { stop: ["foo"], ban: ["fob"] }, tokenizer);
    for (let times = 0; times < 2; times++) {
      expect(cursor.after(2)?.complete).toBe(true);
      expect(cursor.after(5)).toBeUndefined();
      expect(cursor.after(1)?.after(2)?.after(2)?.complete).toBe(true);
      expect(cursor.complete).toBe(false);
    }
  });

  it("tells which stop text it was, and the text from its start on", () => {
    const found = (stop: string[], ...pieces: (string | number[])[]) => {
      const tokenizer = new ByteTokenizer([...pieces, "<end>"], { endOfTextIds: [pieces.length] });
      return read([...pieces.keys()], { stop }, tokenizer).found;
    };
    expect(found(["oo", "o b"], "foo bar")).toEqual({ text: "oo", excess: 6 });
    expect(found(["o", "oo"], "f", "oo")).toEqual({ text: "o", excess: 2 });
    expect(found(["é"], [0xc3], [0xa9, 0x21, 0xc3])).toEqual({ text: "é", excess: 2 });
    expect(found(["😀"], "a😀é")).toEqual({ text: "😀", excess: 3 });
  });

  it("stops after a control token by its name, alone or between texts", () => {
    const special = new ByteTokenizer(["a", "b", "<end>", "<x>"], { bosId: 3, endOfTextIds: [2] });
    const found = (stop: string, ...before: number[]) => read(before, { stop: [stop] }, special).found;
    expect(found("<end>", 0, 2)).toEqual({ text: "<end>", excess: 0 });
    expect(found("a<end>", 0, 2)).toEqual({ text: "a<end>", excess: 1 });
    expect(found("<x><end>b", 3, 2, 1)).toEqual({ text: "<x><end>b", excess: 1 });
    expect(found("a<end>", 0, 3, 2)).toBeUndefined();
    expect(found("ab", 0, 3, 1)).toEqual({ text: "ab", excess: 2 });
    expect(read([3, 0], { stop: ["<x>ab"] }, special).doubtfulBytes).toBe(1);
  });

  it("knows no padding", () => {
    expect(read([], {}, tokenizer).after(6)).toBeUndefined();
  });
});
