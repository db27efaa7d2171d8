import { describe, expect, it } from "vitest";
import { Utf8Stream } from "../../src/tokenizer/stream.ts";

const untrimmed = { character: " ", start: 0, stop: 0 };
const bytes = (...values: number[]) => Uint8Array.from(values);
const utf8 = (text: string) => new TextEncoder().encode(text);

describe("Utf8Stream", () => {
  it("waits for the rest of a character", () => {
    const stream = new Utf8Stream(untrimmed);
    expect(stream.push(utf8("a"))).toBe("a");
    expect(stream.unfinished).toBe(false);
    for (const byte of utf8("😀").subarray(0, 3)) {
      expect(stream.push(bytes(byte))).toBe("");
      expect(stream.unfinished).toBe(true);
    }
    expect(stream.push(utf8("😀").subarray(3))).toBe("😀");
    expect(stream.unfinished).toBe(false);
    expect(stream.flush()).toBe("");
  });

  it("yields what is finished before what is not", () => {
    const stream = new Utf8Stream(untrimmed);
    expect(stream.push(bytes(0x61, 0xe2, 0x82))).toBe("a");
    expect(stream.push(bytes(0xac, 0x62, 0xc3))).toBe("€b");
    expect(stream.unfinished).toBe(true);
    expect(stream.flush()).toBe("\ufffd");
    expect(stream.unfinished).toBe(false);
  });

  it("does not wait for what cannot become a character", () => {
    for (const broken of [
      [0x80],
      [0xff],
      [0xc3, 0x28],
      [0xe2, 0x28],
      [0xe0, 0x80],
      [0xf5, 0x80],
      [0xed, 0xa0],
    ]) {
      const stream = new Utf8Stream(untrimmed);
      const text = stream.push(Uint8Array.from(broken));
      expect(stream.unfinished).toBe(false);
      expect(text + stream.flush()).toBe(new TextDecoder().decode(Uint8Array.from(broken)));
    }
  });

  it("keeps a byte order mark", () => {
    const stream = new Utf8Stream(untrimmed);
    expect(stream.push(utf8("\ufeffa"))).toBe("\ufeffa");
  });

  it("trims the start once, however it comes", () => {
    const stream = new Utf8Stream({ character: " ", start: 2, stop: 0 });
    expect(["", " ", " ", "", " ", "a", " "].map((text) => stream.push(utf8(text)))).toEqual([
      "",
      "",
      "",
      "",
      " ",
      "a",
      " ",
    ]);
    const short = new Utf8Stream({ character: " ", start: 2, stop: 0 });
    expect([" a", " b"].map((text) => short.push(utf8(text)))).toEqual(["a", " b"]);
  });

  it("holds back what the end would lose", () => {
    const stream = new Utf8Stream({ character: " ", start: 0, stop: 1 });
    expect(["a ", "b", "  ", " "].map((text) => stream.push(utf8(text)))).toEqual(["a", " b", " ", " "]);
    expect(stream.flush()).toBe("");
    expect(stream.unfinished).toBe(false);
  });
});
