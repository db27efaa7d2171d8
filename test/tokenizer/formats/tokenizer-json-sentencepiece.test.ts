import { describe, expect, it } from "vitest";
import { added, load, tokenizerJson, vocabOf } from "../fixtures.ts";

describe("a SentencePiece tokenizer.json", () => {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const vocab = vocabOf(
    "<unk>",
    "<s>",
    "</s>",
    ...bytes,
    "▁",
    "a",
    "b",
    "▁a",
    "ab",
    "▁ab",
    "▁▁",
    "<",
    "s",
    ">",
  );
  const merges = ["▁ a", "a b", "▁a b", "▁ ▁", "▁ ab"];
  const model = { vocab, merges, unk_token: "<unk>", fuse_unk: true, byte_fallback: true };
  const prefix = { type: "Prepend", prepend: "▁" };
  const mark = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const unmark = { type: "Replace", pattern: { String: "▁" }, content: " " };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  const parts = {
    added_tokens: [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")],
    normalizer: { type: "Sequence", normalizers: [prefix, mark] },
    decoder: { type: "Sequence", decoders: [unmark, { type: "ByteFallback" }, { type: "Fuse" }, strip] },
  };
  const json = tokenizerJson(model, parts);
  const idsOf = (...tokens: (keyof typeof vocab)[]) => tokens.map((token) => vocab[token]);

  it("puts a space before the text, and takes it off again", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("ab a")).toEqual(idsOf("▁ab", "▁a"));
    expect(tokenizer.encode(" ab")).toEqual(idsOf("▁", "▁ab"));
    expect(tokenizer.encode("")).toEqual([]);
    for (const text of ["ab a", " ab", "   ", "b\n", "é 😀"]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it("spells unknown characters in bytes", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("é")).toEqual(idsOf("▁", "<0xC3>", "<0xA9>"));
    expect(tokenizer.encode("<0x0A>")).not.toContain(vocab["<0x0A>"]);
  });

  it("keeps the leading space of a continuation", async () => {
    const tokenizer = await load(json);
    const [ab = -1, a = -1] = tokenizer.encode("ab a");
    expect(tokenizer.stream().push(a)).toBe("a");
    expect(tokenizer.stream([1]).push(a)).toBe("a");
    expect(tokenizer.stream([1, ab]).push(a)).toBe(" a");
  });

  it("starts each stretch of text between control tokens with a space", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("<s>ab</s>a", { parseSpecial: true })).toEqual([
      1,
      ...idsOf("▁ab"),
      2,
      ...idsOf("▁a"),
    ]);
    expect(tokenizer.encode("<s>")).toEqual(idsOf("▁", "<", "s", ">"));
  });

  it("falls back to one unknown token for neighbours without byte tokens", async () => {
    const tokenizer = await load(tokenizerJson({ ...model, byte_fallback: false }, parts));
    expect(tokenizer.encode("aéüa")).toEqual([...idsOf("▁a"), 0, ...idsOf("a")]);
    const single = await load(tokenizerJson({ ...model, byte_fallback: false, fuse_unk: false }, parts));
    expect(single.encode("éü")).toEqual([...idsOf("▁"), 0, 0]);
  });

  it("gives the same ids whether or not the text can be cut into words", async () => {
    const crossing = { ...model, vocab: { ...vocab, "b▁": Object.keys(vocab).length } };
    const words = await load(json);
    const whole = await load(tokenizerJson(crossing, parts));
    const text = "ab a  b abba   a".repeat(20);
    expect(whole.encode(text)).toEqual(words.encode(text));
    const merged = await load(tokenizerJson({ ...crossing, merges: ["b ▁", ...merges] }, parts));
    expect(merged.encode("ab a")).toEqual([...idsOf("▁a"), Object.keys(vocab).length, ...idsOf("a")]);
  });

  it("reads the Metaspace spelling of the same", async () => {
    const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
    const tokenizer = await load(
      tokenizerJson(model, { ...parts, normalizer: null, pre_tokenizer: metaspace }),
    );
    expect(tokenizer.encode("ab a")).toEqual(idsOf("▁ab", "▁a"));
    expect(tokenizer.encode("<s>ab", { parseSpecial: true })).toEqual([1, ...idsOf("ab")]);
  });
});
