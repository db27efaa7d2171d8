import { describe, expect, it } from "vitest";
import { CharsMap } from "../../src/tokenizer/sentencepiece/charsmap.ts";
import {
  type NormalizerOptions,
  sentencePieceNormalizer,
} from "../../src/tokenizer/sentencepiece/normalizer.ts";
import { precompiled } from "../../src/tokenizer/sentencepiece/precompiled.ts";
import { PrefixIndex } from "../../src/tokenizer/unigram/prefix-index.ts";
import { charsmapOf } from "./charsmap.ts";
import { expectRefusal } from "./fixtures.ts";

const map = (rules: Readonly<Record<string, string>>) => new CharsMap(charsmapOf(rules), "m", "map");

describe("a charsmap", () => {
  const rules = map({ ﬁ: "fi", a: "A", ab: "X", "\t": " ", é: "" });
  const find = (text: string, which: "longest" | "shortest") => {
    const bytes = Buffer.from(text);
    return rules.find(bytes, 0, bytes.length, which);
  };

  it("finds the longest or the shortest rule at a place", () => {
    expect(find("abc", "longest")).toEqual({ length: 2, replacement: "X" });
    expect(find("abc", "shortest")).toEqual({ length: 1, replacement: "A" });
    expect(find("ﬁ", "longest")).toEqual({ length: 3, replacement: "fi" });
    expect(find("é", "longest")).toEqual({ length: 2, replacement: "" });
    expect(find("b", "longest")).toBeUndefined();
    expect(find("\0", "longest")).toBeUndefined();
  });

  it.each<[string, Uint8Array]>([
    ["its trie has 0 of 0 bytes", new Uint8Array()],
    ["its trie has 0 of 3 bytes", new Uint8Array(3)],
    ["its trie has 400 of 8 bytes", Uint8Array.of(0x90, 1, 0, 0, 0, 0, 0, 0)],
    ["its trie has 3 of 8 bytes", Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0)],
    ["a replacement of 1500 bytes", charsmapOf({ a: "x".repeat(1500) })],
  ])("is refused where %s", async (message, bytes) => {
    await expectRefusal(() => new CharsMap(bytes, "m", "map"), message);
  });

  it("stays within its units, whatever they say", () => {
    const bytes = Buffer.alloc(4 + 4 * 300, 0xff);
    bytes.writeUInt32LE(4 * 300, 0);
    const hostile = new CharsMap(bytes, "m", "map");
    for (let byte = 0; byte < 256; byte++) {
      expect(hostile.find(Uint8Array.of(byte, byte, byte), 0, 3, "longest")).toBeUndefined();
    }
  });
});

describe("Precompiled", () => {
  it("looks up clusters, and then characters", () => {
    const rewrite = precompiled(map({ e: "E", "\u0301": "", ﬁ: "fi", "\r": "" }));
    // The rule of the first character stands for the whole cluster.
    expect(rewrite("e\u0301x ﬁe")).toBe("Ex fiE");
    expect(rewrite("x\u0301")).toBe("x");
    expect(rewrite("a\r\nb")).toBe("ab");
    expect(rewrite("plain text")).toBe("plain tExt");
    expect(rewrite("")).toBe("");
  });

  it("is stopped where a rule makes a text grow without bound", async () => {
    const rewrite = precompiled(map({ a: "x".repeat(900) }));
    await expectRefusal(() => rewrite("a".repeat(100_000)), /characters and more of 100000/);
  });
});

describe("SentencePiece's normalizer", () => {
  const normalize = (text: string, options: Partial<NormalizerOptions> = {}) =>
    sentencePieceNormalizer({
      map: undefined,
      addDummyPrefix: true,
      spaceIsSuffix: false,
      removeExtraSpaces: true,
      markSpaces: true,
      userDefined: undefined,
      ...options,
    })(text);

  it("drops spaces at the ends, makes one of several, and marks them", () => {
    expect(normalize("  a  b ")).toBe("▁a▁b");
    expect(normalize("   ")).toBe("");
    expect(normalize("")).toBe("");
    expect(normalize("▁a▁")).toBe("▁▁a");
  });

  it("keeps spaces where the model says so, and adds none", () => {
    expect(normalize(" a  b ", { removeExtraSpaces: false })).toBe("▁▁a▁▁b▁");
    expect(normalize(" a", { removeExtraSpaces: false, addDummyPrefix: false })).toBe("▁a");
    expect(normalize("a b", { markSpaces: false })).toBe(" a b");
    expect(normalize("a b", { spaceIsSuffix: true })).toBe("a▁b▁");
  });

  it("applies the longest rule, also to spaces", () => {
    const rules = map({ "\t": " ", ab: "X", a: "Y", "\u200b": "" });
    expect(normalize("\t\tabac\t", { map: rules })).toBe("▁XYc");
    expect(normalize("é a\u200bb 😀ab", { map: rules })).toBe("▁é▁Yb▁😀X");
  });

  it("copies the tokens of the user", () => {
    const userDefined = new PrefixIndex([
      ["<ab>", 0],
      ["<a", 1],
    ]);
    const rules = map({ a: "Y", "<": "" });
    expect(normalize("a<ab><a<", { map: rules, userDefined })).toBe("▁Y<ab><a");
  });
});
