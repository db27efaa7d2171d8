import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTokenizer, tokenizerOf } from "../../../src/tokenizer/index.ts";
import { byteLevelParts, directoryWith, expectRefusal, tokenizerJson, train } from "../fixtures.ts";

const model = train("the cat sat on the mat. the cat's hat, the rat's mat. ".repeat(2), 30);
const size = Object.keys(model.vocab).length;
const vocab: Record<string, number> = { ...model.vocab, "<|endoftext|>": size };
const merges = `#version: 0.2\n${model.merges.join("\n")}\n`;
const files = { "vocab.json": vocab, "merges.txt": merges };

describe("vocab.json and merges.txt of GPT-2", () => {
  it("make the tokenizer that tokenizer.json makes", async () => {
    const added_tokens = [{ id: size, content: "<|endoftext|>", special: true }];
    const json = tokenizerJson({ ...model, vocab }, { ...byteLevelParts, added_tokens });
    const fromJson = await loadTokenizer(await directoryWith({ "tokenizer.json": json }), "GPT2Tokenizer");
    const fromFiles = await loadTokenizer(await directoryWith(files), "GPT2Tokenizer");
    for (const text of ["the cat's mat", " hats\n\n  <|endoftext|>é", ""]) {
      expect(fromFiles?.encode(text)).toEqual(fromJson?.encode(text));
      expect(fromFiles?.encode(text, { parseSpecial: true })).toEqual(
        fromJson?.encode(text, { parseSpecial: true }),
      );
    }
    const { vocabSize, bosId, endOfTextIds } = fromFiles ?? {};
    expect(fromJson).toMatchObject({ vocabSize, bosId, endOfTextIds });
  });

  it("begin and end texts as GPT2Tokenizer does", async () => {
    const tokenizer = await loadTokenizer(await directoryWith(files));
    expect(tokenizer).toMatchObject({ bosId: size, addBos: false, endOfTextIds: [size] });
  });

  it("may have Windows line ends", async () => {
    const windows = { "vocab.json": vocab, "merges.txt": merges.replaceAll("\n", "\r\n") };
    const tokenizer = await loadTokenizer(await directoryWith(windows));
    expect(tokenizer?.encode("the")).toEqual([vocab.the]);
  });

  it("put a space before the text where tokenizer_config.json says so", async () => {
    const config = { tokenizer_class: "GPT2Tokenizer", add_prefix_space: true };
    const tokenizer = await loadTokenizer(await directoryWith({ ...files, "tokenizer_config.json": config }));
    expect(tokenizer?.encode("the")).toEqual([vocab.Ġthe]);
  });

  it("get the added tokens of the files beside them", async () => {
    const config = {
      tokenizer_class: "Qwen2Tokenizer",
      eos_token: "<|im_end|>",
      added_tokens_decoder: {
        [size + 1]: { content: "<|im_end|>", special: true },
        [size + 2]: { content: "<think>" },
      },
    };
    const legacy = { "<|im_end|>": size + 1, "<old>": size + 3 };
    const directory = await directoryWith({
      ...files,
      "tokenizer_config.json": config,
      "added_tokens.json": legacy,
    });
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer).toMatchObject({ vocabSize: size + 4, endOfTextIds: [size + 1], bosId: undefined });
    expect(tokenizer?.encode("<think><old><|im_end|>").slice(0, 2)).toEqual([size + 2, size + 3]);
    expect(tokenizer?.encode("<|im_end|>", { parseSpecial: true })).toEqual([size + 1]);
    expect(tokenizer?.encode("e\u0301 12")).toEqual(tokenizer?.encode("é 12"));
  });

  it("split digits as the class they are of", async () => {
    const digits = { ...vocab, "12": size + 1 };
    const both = { "vocab.json": digits, "merges.txt": `${merges}1 2\n` };
    const gpt2 = await loadTokenizer(await directoryWith(both), "GPT2Tokenizer");
    const qwen2 = await loadTokenizer(await directoryWith(both), "Qwen2Tokenizer");
    expect(gpt2?.encode("12")).toEqual([size + 1]);
    expect(qwen2?.encode("12")).toEqual([..."12"].map((digit) => vocab[digit]));
  });
});

describe("vocab.json and merges.txt of GPT-1", () => {
  const words = [
    "<unk>",
    "h",
    "e",
    "l",
    "o",
    "o</w>",
    ".</w>",
    "l</w>",
    "e</w>",
    "he",
    "ll",
    "hell",
    "hello</w>",
    "\n</w>",
  ];
  const gpt1 = {
    "vocab.json": Object.fromEntries(words.map((word, id) => [word, id])),
    "merges.txt": "#version: 0.2\nh e\nl l\nhe ll\nhell o</w>",
  };
  const id = (word: string) => words.indexOf(word);

  it("are known by their words' ends, or by the model's type", async () => {
    for (const className of [undefined, "OpenAIGPTTokenizer"]) {
      const tokenizer = await loadTokenizer(await directoryWith(gpt1), className);
      expect(tokenizer?.encode("Hello  HÉLLO.")).toEqual([id("hello</w>"), id("hello</w>"), id(".</w>")]);
    }
  });

  it("end words with a token of their own, and have one for the unknown", async () => {
    const tokenizer = await loadTokenizer(await directoryWith(gpt1));
    expect(tokenizer?.encode("hel")).toEqual([id("he"), id("l</w>")]);
    expect(tokenizer?.encode("xoyh")).toEqual([0, id("o"), 0, 0]);
    expect(tokenizer?.encode("<unk>")).not.toEqual([0]);
    expect(tokenizer?.encode("<unk>", { parseSpecial: true })).toEqual([0]);
    expect(tokenizer?.isSpecial(0)).toBe(true);
  });

  it("decode with spaces between words and none at the end", async () => {
    const tokenizer = await loadTokenizer(await directoryWith(gpt1));
    const ids = tokenizer?.encode("hello hello.") ?? [];
    expect(tokenizer?.decode(ids)).toBe("hello hello .");
    const stream = tokenizer?.stream(ids.slice(0, 1));
    expect(ids.slice(1).map((next) => stream?.push(next))).toEqual([" hello", " ."]);
    expect(stream?.flush()).toBe("");
  });
});

describe("loadTokenizer", () => {
  it("finds nothing in a directory without tokenizer files", async () => {
    expect(await loadTokenizer(await directoryWith({ "config.json": {} }))).toBeUndefined();
  });

  it("says which file it cannot read", async () => {
    const directory = await directoryWith({});
    await mkdir(join(directory, "tokenizer.json"));
    await expectRefusal(() => loadTokenizer(directory), "tokenizer.json: is not a file");
  });

  it("prefers tokenizer.json", async () => {
    const json = tokenizerJson({ vocab: { a: 0 }, merges: [] });
    const tokenizer = await loadTokenizer(await directoryWith({ ...files, "tokenizer.json": json }));
    expect(tokenizer?.vocabSize).toBe(1);
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["merges.txt is missing", { "vocab.json": vocab }, undefined],
    ["vocab.json is missing", { "merges.txt": merges }, undefined],
    [
      "tokenizer.model: is no SentencePiece model: a number is cut short",
      { "tokenizer.model": "x" },
      undefined,
    ],
    ["vocab.json: the file is not valid JSON", { "vocab.json": "{", "merges.txt": merges }, undefined],
    ['vocab.json: a is "0", expected an integer', { "vocab.json": { a: "0" }, "merges.txt": "" }, undefined],
    ["merges.txt: is empty", { "vocab.json": vocab, "merges.txt": "\n" }, undefined],
    [
      'merges.txt: merges[0]: token "x" is not in the',
      { "vocab.json": { a: 0 }, "merges.txt": "a x\n" },
      undefined,
    ],
    [
      'merges.txt: merges[0] is "a", expected two',
      { "vocab.json": { a: 0 }, "merges.txt": "a\n" },
      undefined,
    ],
    ['how "llama" splits text is not known', files, "llama"],
    [
      'how "RobertaTokenizer" splits text is not known',
      { ...files, "tokenizer_config.json": { tokenizer_class: "RobertaTokenizerFast" } },
      "GPT2Tokenizer",
    ],
    [
      "added_tokens_decoder.x is",
      { ...files, "tokenizer_config.json": { added_tokens_decoder: { x: {} } } },
      "GPT2Tokenizer",
    ],
    ["added_tokens.json: <x> is -3", { ...files, "added_tokens.json": { "<x>": -3 } }, "GPT2Tokenizer"],
  ])("refuses: %s", async (message, content, className) => {
    const directory = await directoryWith(content);
    await expectRefusal(() => loadTokenizer(directory, className), message);
  });
});

describe("tokenizerOf", () => {
  const of = async (vocabSize: number, content: Readonly<Record<string, unknown>> = files) => {
    const path = await directoryWith(content);
    const checkpoint = {
      format: "huggingface",
      path,
      config: {},
      generationConfig: {},
      tensors: new Map(),
    } as const;
    return tokenizerOf(checkpoint, { vocabSize, tokenizerClass: "GPT2Tokenizer" });
  };

  it("refuses a tokenizer whose plain tokens the model does not have", async () => {
    await expectRefusal(
      () => of(size - 1),
      `the tokenizer has ${size} tokens, the model ${size - 1}: their files do not belong together`,
    );
  });

  it("takes one whose control and added tokens alone are more than the model's", async () => {
    expect(await of(size)).toMatchObject({ vocabSize: size + 1 });
    expect(await of(size, { ...files, "added_tokens.json": { "[PAD]": size + 5 } })).toMatchObject({
      vocabSize: size + 6,
    });
  });
});
