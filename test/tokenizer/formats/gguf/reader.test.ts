import { describe, expect, it } from "vitest";
import type { GgufValue } from "../../../../src/checkpoint/checkpoint.ts";
import { type Tokenizer, tokenizerFromGguf } from "../../../../src/tokenizer/index.ts";
import { expectRefusal, ggufMetadata, train } from "../../fixtures.ts";

type Keys = Record<string, GgufValue | undefined>;

function read(keys: Keys): Tokenizer {
  const tokenizer = tokenizerFromGguf(ggufMetadata(keys), "model.gguf");
  if (tokenizer === undefined) throw new Error("no tokenizer was found");
  return tokenizer;
}

describe("a byte-level vocabulary", () => {
  const model = train("the 12 cats, the 345 hats! 12 345 hats\n".repeat(3), 25);
  const size = Object.keys(model.vocab).length;
  const tokens = [...Object.keys(model.vocab), "<|endoftext|>", "<|im_end|>", "<tool>", ""];
  const id = (token: string) => tokens.indexOf(token);
  const types = tokens.map((_, i) => (i < size ? 1 : i < size + 2 ? 3 : i === size + 2 ? 4 : 5));
  const keys: Keys = {
    model: "gpt2",
    pre: "gpt-2",
    tokens,
    token_type: types,
    merges: model.merges,
    bos_token_id: size,
    eos_token_id: size,
  };

  it("encodes and decodes", () => {
    const tokenizer = read(keys);
    expect(tokenizer.encode("the")).toEqual([id("the")]);
    const text = "the  cats' 12 hats <|endoftext|> é\n";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode([tokens.length - 1])).toBe("");
  });

  it("takes control tokens when asked to, and added words always", () => {
    const tokenizer = read(keys);
    expect(tokenizer.encode("the<tool><|im_end|>").slice(0, 2)).toEqual([id("the"), size + 2]);
    expect(tokenizer.encode("<|im_end|>")).not.toContain(size + 1);
    expect(tokenizer.encode("<tool><|im_end|>", { parseSpecial: true })).toEqual([size + 2, size + 1]);
    expect([size, size + 1, size + 2, 0].map((i) => tokenizer.isSpecial(i))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("knows where texts begin and end", () => {
    expect(read(keys)).toMatchObject({ bosId: size, addBos: false, endOfTextIds: [size, size + 1] });
    expect(read({ ...keys, add_bos_token: true })).toMatchObject({ bosId: size, addBos: true });
    expect(read({ ...keys, eos_token_id: size + 1, eot_token_id: size })).toMatchObject({
      endOfTextIds: [size + 1, size],
    });
    const silent = { ...keys, bos_token_id: 0xffffffff, eos_token_id: undefined };
    expect(read(silent)).toMatchObject({ bosId: undefined, addBos: false, endOfTextIds: [size, size + 1] });
  });

  it("begins texts of Llama 3 unless told otherwise", () => {
    expect(read({ ...keys, pre: "llama-bpe" })).toMatchObject({ bosId: size, addBos: true });
    expect(read({ ...keys, pre: "llama-bpe", add_bos_token: false })).toMatchObject({ addBos: false });
    expect(read({ ...keys, pre: "llama-bpe", bos_token_id: undefined })).toMatchObject({ addBos: false });
  });

  it("splits text as its pre-tokenizer says", () => {
    const digits = [...tokens, "Ġ1234", "1234", "123"];
    const merges = ["1 2", "3 4", "12 34", "12 3", "Ġ 1234"];
    const more = ["12", "34"].filter((token) => !digits.includes(token));
    const all = [...digits, ...more];
    const encode = (pre: string, text: string) =>
      read({ ...keys, pre, tokens: all, token_type: all.map(() => 1), merges })
        .encode(text)
        .map((i) => all[i]);
    expect(encode("gpt-2", " 1234")).toEqual(["Ġ1234"]);
    expect(encode("llama-bpe", " 1234")).toEqual(["Ġ", "123", "4"]);
    expect(encode("dbrx", "1234")).toEqual(["123", "4"]);
    expect(encode("qwen2", "1234")).toEqual(["1", "2", "3", "4"]);
    expect(encode("smollm", " 1234")).toEqual(["Ġ", "1", "2", "3", "4"]);
    expect(encode("gpt-4o", "1234")).toEqual(["123", "4"]);
    expect(encode("default", "1234")).toEqual(["123", "4"]);
    expect(encode("falcon", "1234")).toEqual(["123", "4"]);
  });

  it("knows the pre-tokenizer of old files by their architecture", async () => {
    const old = { ...keys, pre: undefined };
    expect(read({ ...old, "general.architecture": "gpt2" }).encode("the")).toEqual([id("the")]);
    await expectRefusal(
      () => read({ ...old, "general.architecture": "llama" }),
      "tokenizer.ggml.pre is missing",
    );
  });

  it("does without token types", () => {
    const tokenizer = read({ ...keys, token_type: undefined });
    expect(tokenizer.isSpecial(size)).toBe(true);
    expect(tokenizer.encode("<|endoftext|>")).not.toContain(size);
  });

  it.each<[string, Keys]>([
    ['pre "gpt-5" is not implemented', { pre: "gpt-5" }],
    ['model is "rwkv", which is not implemented', { model: "rwkv" }],
    ["model is 5, expected a string", { model: 5 }],
    ["tokens is missing, expected a list", { tokens: undefined }],
    ["tokens[1] is 7, expected a string", { tokens: ["a", 7] }],
    ["the vocabulary has no tokens", { tokens: [] }],
    ['tokens: token "!" has two ids', { tokens: [...tokens, "!"], token_type: undefined }],
    [`token_type has 1 values for ${tokens.length} tokens`, { token_type: [1] }],
    ['token_type[0] is "1", expected a number', { token_type: tokens.map(() => "1") }],
    ["merges is missing, expected a list", { merges: undefined }],
    ['merges[0]: token "no" is not in the vocabulary', { merges: ["no such"] }],
    ['merges[1] is "the", expected two tokens', { merges: ["a t", "the"] }],
    ["bos_token_id is 1000000, expected a token id", { bos_token_id: 1_000_000 }],
    ["eos_token_id is -1, expected a token id", { eos_token_id: -1 }],
    ['eot_token_id is "a", expected a token id', { eot_token_id: "a" }],
    ["add_bos_token is 1, expected true or false", { add_bos_token: 1 }],
    ["add_bos_token is true, but", { add_bos_token: true, bos_token_id: undefined }],
  ])("is refused where %s", async (message, wrong) => {
    await expectRefusal(() => read({ ...keys, ...wrong }), message);
  });
});

describe("a SentencePiece vocabulary", () => {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = ["▁", "a", "b", "ab", "▁a", "▁ab", "ba", "▁▁", "<", "s", ">", "<s"];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words];
  const id = (token: string) => tokens.indexOf(token);
  const scores = tokens.map((token) =>
    token.length > 1 && words.includes(token) ? -words.indexOf(token) : 0,
  );
  const types = tokens.map((_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1));
  const keys: Keys = { model: "llama", tokens, scores, token_type: types };
  const encode = (text: string, more: Keys = {}) =>
    read({ ...keys, ...more })
      .encode(text)
      .map((i) => tokens[i]);

  it("merges by score, the leftmost of equals first", () => {
    expect(encode("ab")).toEqual(["▁ab"]);
    expect(encode("aba")).toEqual(["▁ab", "a"]);
    const equal = scores.map((score) => (score < 0 ? -1 : 0));
    expect(encode("ba", { scores: equal })).toEqual(["▁", "ba"]);
    expect(encode("aab", { scores: equal })).toEqual(["▁a", "ab"]);
    expect(encode("bab", { scores: equal })).toEqual(["▁", "ba", "b"]);
  });

  it("puts a space before each text unless told otherwise", () => {
    expect(encode("")).toEqual([]);
    expect(encode("b")).toEqual(["▁", "b"]);
    expect(encode("b", { add_space_prefix: false })).toEqual(["b"]);
    expect(read(keys).decode(read(keys).encode(" b"))).toBe(" b");
    expect(read({ ...keys, add_space_prefix: false }).decode([id("▁a")])).toBe(" a");
    expect(read(keys).encode("<s>a</s>a", { parseSpecial: true })).toEqual([1, id("▁a"), 2, id("▁a")]);
  });

  it("spells unknown characters in bytes, or as the unknown token", () => {
    expect(encode("é")).toEqual(["▁", "<0xC3>", "<0xA9>"]);
    const without = tokens.filter((token) => !bytes.includes(token));
    const tokenizer = read({ model: "llama", tokens: without, scores: without.map(() => 0) });
    expect(tokenizer.encode("aé").at(-1)).toBe(0);
  });

  it("strips white space after the control tokens of Phi-3, which its name tells", () => {
    const phi = { tokens: ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "▁b", "<|end|>", "<|endoftext|>"] };
    const token_type = phi.tokens.map((_, id) => (id === 0 ? 2 : id < 3 || id > 7 ? 3 : 1));
    const keys = { model: "llama", ...phi, token_type, scores: phi.tokens.map((_, id) => -id) };
    const encode = (name: string, text: string) =>
      read({ ...keys, "general.name": name }).encode(text, { parseSpecial: true });
    expect(encode("Phi3", "a<|end|> \n b</s> a")).toEqual([6, 8, 7, 2, 6]);
    expect(encode("phi-3-mini", "a<|endoftext|> b<s> a")).toEqual([6, 9, 3, 7, 1, 3, 6]);
    expect(encode("Phi 4", "a<|end|> b")).toEqual([6, 8, 3, 7]);
  });

  it("makes neither control nor byte tokens of text", () => {
    expect(encode("<s>")).toEqual(["▁", "<s", ">"]);
    expect(encode("<0x0A>")).not.toContain("<0x0A>");
  });

  it("begins texts, and ends them, as Llama 2 does where it does not say", () => {
    expect(read(keys)).toMatchObject({ bosId: 1, addBos: true, endOfTextIds: [2], vocabSize: tokens.length });
    expect(read({ ...keys, add_bos_token: false })).toMatchObject({ bosId: 1, addBos: false });
    expect(read({ ...keys, token_type: undefined }).isSpecial(2)).toBe(true);
    expect(read({ ...keys, token_type: undefined }).encode("é")).toEqual(read(keys).encode("é"));
  });

  it("completes texts of 200,000 characters without a space", () => {
    const tokenizer = read(keys);
    for (const text of [
      "ab".repeat(100_000),
      "b".repeat(200_000),
      " ".repeat(200_000),
      "漢".repeat(66_667),
    ]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it.each<[string, Keys]>([
    ["scores is missing, expected a list", { scores: undefined }],
    [`scores has 1 values for ${tokens.length} tokens`, { scores: [0] }],
    ["scores[0] is NaN, expected a number", { scores: tokens.map(() => Number.NaN) }],
    ["has 5000 characters", { tokens: tokens.with(-1, "a".repeat(5000)) }],
    ["unknown_token_id is 1e+30", { unknown_token_id: 1e30 }],
    ['add_space_prefix is "no"', { add_space_prefix: "no" }],
  ])("is refused where %s", async (message, wrong) => {
    await expectRefusal(() => read({ ...keys, ...wrong }), message);
  });
});

describe("tokenizerFromGguf", () => {
  it("finds nothing in a file without a vocabulary", () => {
    expect(tokenizerFromGguf(new Map(), "model.gguf")).toBeUndefined();
    expect(tokenizerFromGguf(ggufMetadata({ model: "none" }), "model.gguf")).toBeUndefined();
    expect(tokenizerFromGguf(ggufMetadata({ model: "no_vocab" }), "model.gguf")).toBeUndefined();
  });
});
