import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/files/json.ts";
import { JsonFields } from "../../../../src/files/json-fields.ts";
import { readDecoder } from "../../../../src/tokenizer/formats/pipeline/decoders.ts";
import { Utf8Stream } from "../../../../src/tokenizer/stream.ts";
import { expectRefusal } from "../../fixtures.ts";

const read = (value: JsonValue) => readDecoder(new JsonFields("t.json", "decoder.", value));
const sequence = (...decoders: JsonValue[]) => ({ type: "Sequence", decoders });
const unmark = { type: "Replace", pattern: { String: "▁" }, content: " " };
const strip = { type: "Strip", content: " ", start: 1, stop: 0 };

/** Decodes tokens of a model, one after the other. */
function decode(value: JsonValue | undefined, tokens: readonly string[]): string {
  const decoder = value === undefined ? readDecoder(undefined) : read(value);
  const text = new Utf8Stream(decoder.trim);
  return tokens.map((token) => text.push(decoder.bytes(token))).join("") + text.flush();
}

describe("readDecoder", () => {
  it("reads ByteLevel", () => {
    expect(decode({ type: "ByteLevel" }, ["Hello", "Ġworld", "Ã", "©", "Ċ"])).toBe("Hello world\u00e9\n");
    expect(decode({ type: "ByteLevel" }, ["Ã", "a"])).toBe("\ufffda");
  });

  it("leaves added tokens of byte-level vocabularies as they are", () => {
    const { bytes, addedTokenBytes } = read({ type: "ByteLevel" });
    expect(bytes("é")).toEqual(Uint8Array.of(0xe9));
    expect(addedTokenBytes("é")).toEqual(new TextEncoder().encode("é"));
  });

  it("reads the decoder of Llama 2", () => {
    const llama = sequence(unmark, { type: "ByteFallback" }, { type: "Fuse" }, strip);
    expect(decode(llama, ["▁Hello", "▁", "<0xE2>", "<0x82>", "<0xAC>", "<0x0A>"])).toBe("Hello €\n");
    expect(decode(llama, ["▁▁a"])).toBe(" a");
    expect(decode(llama, ["a", "▁b"])).toBe("a b");
    expect(decode(llama, ["<0xE2>", "x", "<0xFF>", "<0x0a"])).toBe("\ufffdx\ufffd<0x0a");
  });

  it("reads BPEDecoder: words end in spaces, the text does not", () => {
    const words = { type: "BPEDecoder", suffix: "</w>" };
    expect(decode(words, ["he", "llo</w>", ",</w>", "world</w>"])).toBe("hello , world");
    expect(decode(words, ["he", "llo"])).toBe("hello");
    expect(decode(words, ["a</w>", "b"])).toBe("a b");
    expect(decode(words, [])).toBe("");
  });

  it("reads Metaspace", () => {
    const metaspace = { type: "Metaspace", replacement: "▁" };
    expect(decode(metaspace, ["▁a", "▁b"])).toBe("a b");
    expect(decode({ ...metaspace, prepend_scheme: "never" }, ["▁a", "▁b"])).toBe(" a b");
    expect(decode({ ...metaspace, add_prefix_space: false }, ["▁a"])).toBe(" a");
  });

  it("strips each token before Fuse, the text after it", () => {
    const both = { type: "Strip", content: "_", start: 1, stop: 2 };
    expect(decode(sequence(both), ["__a___", "_", "b_"])).toBe("_a_b");
    expect(decode(sequence({ type: "Fuse" }, both), ["__a_", "b_", "__"])).toBe("_a_b_");
  });

  it("puts the parts of words together, and closes up English punctuation", () => {
    const tokens = ["he", "##llo", ",", "world", "!", "'", "s", "n't", "##x"];
    expect(decode({ type: "WordPiece" }, tokens)).toBe("hello, world! ' sn'tx");
    expect(decode({ type: "WordPiece", cleanup: false }, ["a", ".", "##b"])).toBe("a .b");
    expect(decode({ type: "WordPiece", prefix: "_", cleanup: false }, ["a", "_b", "##b"])).toBe("ab ##b");
  });

  it("without a decoder puts spaces between tokens", () => {
    expect(decode(undefined, ["a", "b", "c"])).toBe("a b c");
  });

  it.each<[JsonValue, string]>([
    [{ type: "CTC" }, 't.json: decoder.type: decoder "CTC" is not implemented'],
    [sequence({ type: "Fuse" }, unmark), "decoder.decoders[1].type: decoder Replace here is not implemented"],
    [sequence({ type: "ByteFallback" }, { type: "ByteLevel" }), "decoder ByteLevel here is not implemented"],
    [sequence({ type: "Fuse" }, strip, strip), "decoder Strip here is not implemented"],
    [{ type: "Strip", content: "ab", start: 0, stop: 0 }, 'decoder.content is "ab", expected one character'],
    [{ type: "Strip", content: "a", start: -1, stop: 0 }, "decoder.start is -1, expected an integer"],
    [{ type: "Replace", pattern: {}, content: "" }, "decoder.pattern is {}, expected"],
  ])("refuses %j", async (value, message) => {
    await expectRefusal(() => read(value), message);
  });
});
