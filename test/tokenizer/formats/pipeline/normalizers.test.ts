import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/files/json.ts";
import { JsonFields } from "../../../../src/files/json-fields.ts";
import { readNormalizer } from "../../../../src/tokenizer/formats/pipeline/normalizers.ts";
import { expectRefusal } from "../../fixtures.ts";

const normalize = (value: JsonValue, text: string) =>
  readNormalizer(new JsonFields("t.json", "normalizer.", value))(text);

describe("readNormalizer", () => {
  it("keeps the text without one", () => {
    expect(readNormalizer(undefined)(" Àé ")).toBe(" Àé ");
  });

  it("reads Unicode's forms", () => {
    expect(normalize({ type: "NFC" }, "e\u0301")).toBe("é");
    expect(normalize({ type: "NFD" }, "é")).toBe("e\u0301");
    expect(normalize({ type: "NFKC" }, "ﬁ①e\u0301")).toBe("fi1é");
    expect(normalize({ type: "NFKD" }, "ﬁé")).toBe("fie\u0301");
  });

  it("reads ByteLevel: the text in GPT-2's alphabet", () => {
    expect(normalize({ type: "ByteLevel" }, "Hello 我")).toBe("HelloĠæĪĳ");
  });

  it("replaces empty matches, too", () => {
    expect(normalize({ type: "Replace", pattern: { Regex: "x*" }, content: "-" }, "axxb")).toBe("-a-b-");
    expect(normalize({ type: "Replace", pattern: { String: "ab" }, content: "[ab]" }, "cabab")).toBe(
      "c[ab][ab]",
    );
  });

  it("lower-cases letter by letter", () => {
    expect(normalize({ type: "Lowercase" }, "ΑΣ İ ẞ")).toBe("ασ i\u0307 ß");
  });

  it("strips accents and white space", () => {
    expect(normalize({ type: "StripAccents" }, "e\u0301\u20e0\u0903é")).toBe("eé");
    expect(normalize({ type: "Strip", strip_left: true, strip_right: true }, "\u0085 a b \u3000")).toBe(
      "a b",
    );
    expect(normalize({ type: "Strip", strip_left: false, strip_right: true }, " a ")).toBe(" a");
    expect(normalize({ type: "Strip", strip_left: true, strip_right: false }, "\ufeff a ")).toBe("\ufeff a ");
  });

  it("prepends to what is there, and replaces literally", () => {
    expect(normalize({ type: "Prepend", prepend: "▁" }, "a")).toBe("▁a");
    expect(normalize({ type: "Prepend", prepend: "▁" }, "")).toBe("");
    expect(normalize({ type: "Replace", pattern: { String: "." }, content: "$&" }, "a.b")).toBe("a$&b");
    expect(normalize({ type: "Replace", pattern: { Regex: "\\s{2,}" }, content: " " }, "a \n b c")).toBe(
      "a b c",
    );
  });

  it("reads a Sequence in its order", () => {
    const prefix = { type: "Prepend", prepend: "▁" };
    const mark = { type: "Replace", pattern: { String: " " }, content: "▁" };
    expect(normalize({ type: "Sequence", normalizers: [prefix, mark] }, " a b")).toBe("▁▁a▁b");
    expect(normalize({ type: "Sequence", normalizers: [] }, " a")).toBe(" a");
  });

  it("reads BertNormalizer and its options", () => {
    const bert = (options: object = {}) => ({
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
      ...options,
    });
    expect(normalize(bert(), "Ça\tva\u200b\u0000\ufffd\u0085 Été")).toBe("ca va ete");
    expect(normalize(bert(), "a漢字b\u{20000}かな")).toBe("a 漢  字 b \u{20000} かな");
    expect(normalize(bert(), "\u{2b820}\u{2b920}")).toBe("\u{2b820} \u{2b920} ");
    expect(normalize(bert({ lowercase: false }), "Été")).toBe("Été");
    expect(normalize(bert({ lowercase: false, strip_accents: true }), "Été")).toBe("Ete");
    expect(normalize(bert({ strip_accents: false }), "Été")).toBe("été");
    expect(normalize(bert({ clean_text: false }), "A\tb\u200b")).toBe("a\tb\u200b");
    expect(normalize(bert({ handle_chinese_chars: false }), "漢字")).toBe("漢字");
  });

  it("never makes a text much longer, whatever a file asks for", async () => {
    const twenty = { type: "Replace", pattern: { String: "a" }, content: "a".repeat(20) };
    expect(normalize(twenty, "a".repeat(100)).length).toBe(2000);
    const endless = { type: "Sequence", normalizers: Array.from({ length: 50 }, () => twenty) };
    await expectRefusal(() => normalize(endless, "a".repeat(1000)), "characters and more of");
    const long = { ...twenty, content: "a".repeat(1000) };
    await expectRefusal(() => normalize(long, "a".repeat(1_000_000)), "characters and more of 1000000");
  });

  it.each<[JsonValue, string]>([
    [{ type: "Hieroglyphs" }, 't.json: normalizer.type: normalizer "Hieroglyphs" is not implemented'],
    [{ type: "Nmt\nx" }, 'normalizer "Nmt\\nx" is not implemented'],
    [{ type: "Sequence", normalizers: [{ type: "Nope" }] }, "normalizer.normalizers[0].type: normalizer"],
    [{ type: "Prepend" }, "normalizer.prepend is missing, expected a string"],
    [{ type: "Replace", pattern: { Regex: "(" }, content: "" }, "normalizer.pattern: regular expression"],
    [{ type: "BertNormalizer", lowercase: 1 }, "normalizer.lowercase is 1, expected true or false"],
    [[], "normalizer is [], expected an object"],
  ])("refuses %j", async (value, message) => {
    await expectRefusal(() => normalize(value, ""), message);
  });
});
