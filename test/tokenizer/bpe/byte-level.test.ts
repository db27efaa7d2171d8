import { describe, expect, it } from "vitest";
import { fromByteLevel, toByteLevel } from "../../../src/tokenizer/bpe/byte-level.ts";
import { random, randomText } from "../fixtures.ts";

describe("GPT-2's byte alphabet", () => {
  it("spells printable bytes as themselves and the others from U+0100 on", () => {
    expect(toByteLevel("a b\n")).toBe("aĠbĊ");
    expect(toByteLevel("é")).toBe("Ã©");
    expect(toByteLevel("\u0000\u007f\u00ad")).toBe("ĀġÂŃ");
  });

  it("has a character for every byte", () => {
    const spelled = new Set<string>();
    for (const character of toByteLevel(
      Array.from({ length: 0x800 }, (_, i) => String.fromCharCode(i)).join(""),
    )) {
      spelled.add(character);
    }
    // All but C0, C1 and E0 to FF, which UTF-8 of these characters does not use.
    expect(spelled.size).toBe(256 - 2 - 32);
  });

  it("reads back what it spelled", () => {
    const next = random(3);
    for (let i = 0; i < 300; i++) {
      const text = randomText(next);
      expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromByteLevel(toByteLevel(text)))).toBe(
        text,
      );
    }
  });

  it("takes a text in other characters as it is", () => {
    expect(fromByteLevel("<｜end｜>")).toEqual(new TextEncoder().encode("<｜end｜>"));
    expect(fromByteLevel("a b")).toEqual(new TextEncoder().encode("a b"));
  });
});
