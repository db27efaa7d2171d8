import { describe, expect, it } from "vitest";
import { processEscapes } from "../../../../src/cli/verbs/generate/escapes.ts";
import { GptError } from "../../../../src/errors.ts";

describe("processEscapes", () => {
  it("knows the usual ones", () => {
    expect(processEscapes(String.raw`a\nb\tc\\n\"\'\r`)).toBe("a\nb\tc\\n\"'\r");
    expect(processEscapes("né 漢字 🦙")).toBe("né 漢字 🦙");
    expect(processEscapes("")).toBe("");
  });

  it("takes \\u as a code point and \\x as a byte of UTF-8", () => {
    expect(processEscapes(String.raw`\u{1f999}\u{E9}\u{0}`)).toBe("🦙é\0");
    expect(processEscapes(String.raw`\x41\xf0\x9f\xA6\x99`)).toBe("A🦙");
    expect(processEscapes(String.raw`\xef\xbb\xbfa`)).toBe("\ufeffa");
    expect(() => processEscapes(String.raw`caf\xe9`)).toThrow("make no UTF-8");
  });

  it.each([
    ["a \\q", "\\q"],
    ["\\x4", "\\x4"],
    ["\\xg", "\\x"],
    ["\\u{}", "\\u{}"],
    ["\\u{110000}", "\\u{110000}"],
    ["\\u{d800}", "\\u{d800}"],
    ["\\u{41", "\\u{41"],
    ["\\u0041", "\\u"],
    ["\\N", "\\N"],
    ["\\X41", "\\X"],
    ["ends in \\", "\\"],
  ])("names the escape in %s", (text, found) => {
    expect(() => processEscapes(text)).toThrow(GptError);
    expect(() => processEscapes(text)).toThrow(`--escape: there is no escape ${found};`);
  });

  it("does not take half a character for an escape", () => {
    expect(() => processEscapes("\\🦙")).toThrow("there is no escape \\🦙;");
  });
});
