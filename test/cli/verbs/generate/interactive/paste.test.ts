import { describe, expect, it } from "vitest";
import { KeystrokeReader } from "../../../../../src/cli/verbs/generate/interactive/paste.ts";

const begin = "\x1b[200~";
const end = "\x1b[201~";

/** Keys as one text, pastes in brackets. */
function read(...chunks: readonly string[]): string {
  const reader = new KeystrokeReader();
  const strokes = chunks.flatMap((chunk) => reader.push(chunk));
  return strokes.map(({ text, pasted }) => (pasted ? `[${text}]` : text)).join("");
}

describe("KeystrokeReader", () => {
  it("tells a pasted text from keys, line feeds and all", () => {
    expect(read(`a${begin}one\r\ntwo${end}b\r`)).toBe("a[one\r\ntwo]b\r");
    expect(read(`${begin}${end}`)).toBe("[]");
    expect(read(`${begin}x${end}${begin}y${end}`)).toBe("[x][y]");
  });

  it("reads the same however the chunks are cut", () => {
    const sent = `a\x1b[A😀${begin}one\ttwo\x1b[31m${end}\x1b[20~b`;
    const whole = read(sent);
    expect(whole).toBe("a\x1b[A😀[one\ttwo\x1b[31m]\x1b[20~b");
    const characters = Array.from(sent);
    for (let cut = 0; cut <= characters.length; cut++) {
      const parts = [characters.slice(0, cut), characters.slice(cut)].map((part) => part.join(""));
      if (parts[0]?.endsWith("\x1b") || parts[0]?.endsWith("\x1b[")) continue;
      expect(read(...parts)).toBe(whole);
    }
  });

  it("gives characters one by one, and an escape alone at once", () => {
    expect(new KeystrokeReader().push("é😀\x1b").map(({ text }) => text)).toEqual(["é", "😀", "\x1b"]);
  });
});
