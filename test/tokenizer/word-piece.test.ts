import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import { directoryWith, expectRefusal, load, tokenizerJson, vocabOf } from "./fixtures.ts";

const vocab = vocabOf("[UNK]", "un", "##aff", "##able", "##a", "##ab", "able", "a", "##😀", "##b");

const wordPiece = (model: object = {}, parts: object = {}) =>
  load(tokenizerJson({ type: "WordPiece", unk_token: "[UNK]", vocab, ...model }, parts));
const words = { pre_tokenizer: { type: "WhitespaceSplit" } };

describe("WordPiece", () => {
  it("takes the longest token from the left", async () => {
    const tokenizer = await wordPiece({}, words);
    expect(tokenizer.encode("unaffable able a")).toEqual([1, 2, 3, 6, 7]);
    expect(tokenizer.encode("unabab")).toEqual([1, 5, 5]);
    expect(tokenizer.facts.kind).toBe("WordPiece");
  });

  it("makes one unknown token of a word that it cannot take apart to the end", async () => {
    const tokenizer = await wordPiece({}, words);
    expect(tokenizer.encode("unaffx able")).toEqual([0, 6]);
    expect(tokenizer.encode("affable")).toEqual([0]);
  });

  it("finds the bytes of a word in GPT-2's alphabet behind a ByteLevel", async () => {
    const other = { vocab: vocabOf("[UNK]", "Ã", "##©", "Ġ", "##a") };
    const pre_tokenizer = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
    expect((await wordPiece(other, { pre_tokenizer })).encode("é a")).toEqual([1, 2, 3, 4]);
  });

  it("counts the characters of a word, not its UTF-16 units", async () => {
    const tokenizer = await wordPiece({ max_input_chars_per_word: 4 }, words);
    expect(tokenizer.encode("a😀😀😀")).toEqual([7, 8, 8, 8]);
    expect(tokenizer.encode("a😀😀😀😀")).toEqual([0]);
    expect(tokenizer.encode("abbb abbbb")).toEqual([7, 9, 9, 9, 0]);
  });

  it("has another prefix for tokens within words where the file says so", async () => {
    const other = { vocab: vocabOf("[UNK]", "a", "_b"), continuing_subword_prefix: "_" };
    expect((await wordPiece(other, words)).encode("abb b")).toEqual([1, 2, 2, 0]);
  });

  it("explains the tokens of a word", async () => {
    const [part] = (await wordPiece({}, words)).explain("unable");
    expect(part).toEqual({
      text: "unable",
      pieces: [{ text: "unable", symbols: [1, 3], merges: [], ids: [1, 3] }],
    });
  });

  it("takes time in proportion to a hostile text", async () => {
    const tokenizer = await wordPiece({ max_input_chars_per_word: 1000 }, words);
    const word = `a${"b".repeat(999)}`;
    const ids = tokenizer.encode(`${word} `.repeat(500));
    expect(ids.length).toBe(500_000);
    expect(tokenizer.encode(`${"x".repeat(5_000_000)} able`)).toEqual([0, 6]);
  });

  it.each([
    ["model.max_input_chars_per_word is 100000", { max_input_chars_per_word: 100_000 }],
    ['model.unk_token is "<x>", expected a token of the vocabulary', { unk_token: "<x>" }],
  ])("is refused where %s", async (message, model) => {
    await expectRefusal(() => wordPiece(model), message);
  });
});

describe("vocab.txt", () => {
  const lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "Cafe", "é", "##s", "中"].join("\n");
  const tokenizer = async (config?: object, text = lines) => {
    const files = { "vocab.txt": text, ...(config && { "tokenizer_config.json": config }) };
    return await loadTokenizer(await directoryWith(files));
  };

  it("is BERT's, in lower case and without accents", async () => {
    expect((await tokenizer())?.encodeInput("Cafés 中中")).toEqual({
      ids: [2, 5, 8, 9, 9, 3],
      typeIds: [0, 0, 0, 0, 0, 0],
    });
  });

  it("follows do_lower_case, strip_accents and tokenize_chinese_chars", async () => {
    expect((await tokenizer({ do_lower_case: false }))?.encode("Cafe é cafe")).toEqual([6, 7, 5]);
    expect((await tokenizer({ strip_accents: false }))?.encode("Cafe É")).toEqual([5, 7]);
    expect((await tokenizer({ tokenize_chinese_chars: false }))?.encode("中 中中")).toEqual([9, 1]);
  });

  it("may have Windows' line ends", async () => {
    expect((await tokenizer({}, lines.replaceAll("\n", "\r\n")))?.encode("cafes")).toEqual([5, 8]);
  });

  it("is refused where it is empty or lacks a token", async () => {
    await expectRefusal(() => tokenizer({}, "\n"), "vocab.txt: is empty: fetch it again");
    await expectRefusal(
      () => tokenizer({}, "a\nb\n"),
      'vocab.txt: cls_token "[CLS]" is not in the vocabulary',
    );
    await expectRefusal(
      () => tokenizer({ unk_token: "<u>" }),
      'vocab.txt: unk_token "<u>" is not in the vocabulary',
    );
  });
});
