import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../src/checkpoint/gguf/writer.ts";
import { tokenizerEntries } from "../../src/tokenizer/formats/gguf/writer.ts";
import {
  loadTokenizer,
  type PipelineTokenizer,
  type Tokenizer,
  tokenizerFromGguf,
} from "../../src/tokenizer/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { directoryWith } from "./fixtures.ts";

const path = temporaryFolder();

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
}

async function casesOf(name: string): Promise<Case[]> {
  const file = JSON.parse(await readFile(shared(`tokenizers/${name}/cases.json`), "utf8")) as {
    cases: Case[];
  };
  return file.cases;
}

interface Pair {
  readonly text: string;
  readonly text_pair: string;
  readonly ids: readonly number[];
  readonly token_type_ids: readonly number[];
}

async function pairsOf(name: string): Promise<Pair[]> {
  const file = JSON.parse(await readFile(shared(`tokenizers/${name}/cases.json`), "utf8")) as {
    pairs: Pair[];
  };
  return file.pairs;
}

async function fromDirectory(path: string, className?: string): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(shared(path), className);
  if (tokenizer === undefined) throw new Error(`${path} has no tokenizer`);
  return tokenizer;
}

async function fromGguf(path: string): Promise<Tokenizer> {
  const { metadata } = await readGguf(shared(path));
  const tokenizer = tokenizerFromGguf(metadata, path);
  if (tokenizer === undefined) throw new Error(`${path} has no tokenizer`);
  return tokenizer;
}

function expectIds(tokenizer: Tokenizer, cases: readonly Case[]): void {
  expect(cases.length).toBeGreaterThan(10);
  expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
}

describeWithShared("the reference ids of GPT-2", () => {
  it.each([
    ["vocab.json and merges.txt", () => fromDirectory("tokenizers/gpt2")],
    ["vocab.gguf", () => fromGguf("tokenizers/gpt2/vocab.gguf")],
  ])("%s", async (_, load) => {
    const tokenizer = await load();
    const cases = await casesOf("gpt2");
    expectIds(tokenizer, cases);
    for (const { text, ids } of cases) expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer).toMatchObject({
      vocabSize: 50_257,
      bosId: 50_256,
      addBos: false,
      endOfTextIds: [50_256],
    });
  });
});

describeWithShared("the reference ids of GPT-1", () => {
  it("vocab.json and merges.txt", async () => {
    const tokenizer = await fromDirectory("tokenizers/gpt1", "OpenAIGPTTokenizer");
    expectIds(tokenizer, await casesOf("gpt1"));
    expect(tokenizer.decode(tokenizer.encode("Hello, world!"))).toBe("hello , world !");
  });

  it("tokenizer.json", async () => {
    const vocab: unknown = JSON.parse(await readFile(shared("tokenizers/gpt1/vocab.json"), "utf8"));
    const merges = await readFile(shared("tokenizers/gpt1/merges.txt"), "utf8");
    const json = {
      added_tokens: [{ id: 0, content: "<unk>", special: true }],
      normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: "BertPreTokenizer" },
      decoder: { type: "BPEDecoder", suffix: "</w>" },
      model: {
        type: "BPE",
        unk_token: "<unk>",
        end_of_word_suffix: "</w>",
        vocab,
        merges: merges.trimEnd().split("\n").slice(1),
      },
    };
    const tokenizer = await loadTokenizer(await directoryWith({ "tokenizer.json": json }));
    expectIds(tokenizer as Tokenizer, await casesOf("gpt1"));
  });
});

describeWithShared("the reference ids of Llama 2", () => {
  it("vocab.gguf", async () => {
    const tokenizer = await fromGguf("tokenizers/llama-spm/vocab.gguf");
    const cases = await casesOf("llama-spm");
    expectIds(tokenizer, cases);
    for (const { text, ids } of cases) expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer).toMatchObject({ vocabSize: 32_000, bosId: 1, addBos: true, endOfTextIds: [2] });
  });
});

describeWithShared("the reference ids of BERT", () => {
  const files = (names: string[]) =>
    Promise.all(
      names.map(async (name) => [name, await readFile(shared(`tokenizers/bert-uncased/${name}`), "utf8")]),
    );
  const fromFiles = async (...names: string[]) =>
    (await loadTokenizer(await directoryWith(Object.fromEntries(await files(names))))) as PipelineTokenizer;
  const json = () => fromFiles("tokenizer.json", "tokenizer_config.json");
  const gguf = async () => {
    const file = path("bert.gguf");
    await writeGguf(file, tokenizerEntries("bert", await json(), 30_522), []);
    return tokenizerFromGguf((await readGguf(file)).metadata, file) as PipelineTokenizer;
  };

  it.each<[string, () => Promise<PipelineTokenizer>]>([
    ["tokenizer.json", json],
    ["vocab.txt", () => fromFiles("vocab.txt")],
    ["vocab.txt and tokenizer_config.json", () => fromFiles("vocab.txt", "tokenizer_config.json")],
    ["GGUF", gguf],
  ])("%s", async (_, load) => {
    const tokenizer = await load();
    const cases = await casesOf("bert-uncased");
    const found = cases.map((one) => ({ ...one, ids: tokenizer.encode(one.text, { parseSpecial: true }) }));
    expect(found).toEqual(cases);
    for (const { text, text_pair: pair, ...input } of await pairsOf("bert-uncased")) {
      expect(tokenizer.encodeInput(text, { pair })).toEqual({
        ids: input.ids,
        typeIds: input.token_type_ids,
      });
    }
    expect(tokenizer).toMatchObject({ vocabSize: 30_522, bosId: 101, addBos: true });
    expect(tokenizer.isSpecial(103)).toBe(true);
    const { ids } = tokenizer.encodeInput("Hello, world! It's [MASK] tokenization...", {
      parseSpecial: true,
    });
    // As the tokenizers library decodes them.
    expect(tokenizer.decode(ids)).toBe("[CLS] hello, world! it ' s [MASK] tokenization... [SEP]");
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("hello, world! it ' s tokenization...");
  });
});

interface SentencePieceCase extends Case {
  readonly decoded: string;
  /** The ids of Hugging Face's tokenizers, where they are others. */
  readonly tokenizer_json_ids?: readonly number[];
}

describeWithShared("the reference ids of SentencePiece", () => {
  it.each([
    ["unigram-nfkc", "spiece.model"],
    ["unigram-bytes", "spiece.model"],
    ["spm-bpe", "tokenizer.model"],
  ])("%s: %s", async (name, file) => {
    const bytes = await readFile(shared(`tokenizers/${name}/${file}`));
    const tokenizer = (await loadTokenizer(await directoryWith({ [file]: bytes }))) as PipelineTokenizer;
    for (const { text, ids, decoded } of (await casesOf(name)) as SentencePieceCase[]) {
      const found = tokenizer.encode(text);
      expect({ text, ids: found, decoded: tokenizer.decode(found) }).toEqual({ text, ids, decoded });
    }
  });

  it.each([
    ["unigram-nfkc", "spiece.model"],
    ["unigram-bytes", "spiece.model"],
    ["unigram-bytes", "tokenizer.json"],
  ])("%s: GGUF of %s", async (name, file) => {
    const bytes = await readFile(shared(`tokenizers/${name}/${file}`));
    const tokenizer = (await loadTokenizer(await directoryWith({ [file]: bytes }))) as PipelineTokenizer;
    const gguf = path(`${name}.gguf`);
    await writeGguf(gguf, tokenizerEntries(name, tokenizer, tokenizer.vocabSize + 3), []);
    const again = tokenizerFromGguf((await readGguf(gguf)).metadata, gguf) as PipelineTokenizer;
    for (const { text, ids } of (await casesOf(name)) as SentencePieceCase[]) {
      expect({ text, ids: again.encode(text) }).toEqual({ text, ids });
    }
    expect(again.vocabSize).toBe(tokenizer.vocabSize + 3);
  });

  it.each(["t5", "t5-v1_1", "xlm-roberta-embed"])("%s has the same one in all its formats", async (name) => {
    const directory = `models/golden/${name}`;
    const model = name.startsWith("t5") ? "spiece.model" : "sentencepiece.bpe.model";
    const read = (file: string) => readFile(shared(`${directory}/${file}`));
    const config = await read("tokenizer_config.json");
    const fromModel = (await loadTokenizer(
      await directoryWith({ [model]: await read(model), "tokenizer_config.json": config }),
    )) as PipelineTokenizer;
    const fromJson = (await fromDirectory(directory)) as PipelineTokenizer;
    const gguf = path(`${name}.gguf`);
    await writeGguf(gguf, tokenizerEntries(name, fromModel, fromModel.vocabSize), []);
    const fromFile = tokenizerFromGguf((await readGguf(gguf)).metadata, gguf) as PipelineTokenizer;
    const { cases } = JSON.parse(String(await read("expected.json"))) as { cases: Case[] };
    for (const { text } of cases) {
      const input = fromJson.encodeInput(text);
      expect(fromModel.encodeInput(text)).toEqual(input);
      expect(fromFile.encodeInput(text)).toEqual(input);
      expect(fromModel.encodeInput(text, { pair: "x" })).toEqual(fromJson.encodeInput(text, { pair: "x" }));
    }
    const special = "<s> </s> <pad> <mask> <extra_id_0> <extra_id_3>";
    const options = { parseSpecial: true };
    expect(fromModel.encode(special, options)).toEqual(fromJson.encode(special, options));
    expect(fromModel.vocabSize).toBe(fromJson.vocabSize);
  });

  it.each(["unigram-nfkc", "unigram-bytes", "spm-bpe"])("%s: tokenizer.json", async (name) => {
    const tokenizer = await fromDirectory(`tokenizers/${name}`);
    for (const { text, ids, tokenizer_json_ids } of (await casesOf(name)) as SentencePieceCase[]) {
      const found = { text, ids: tokenizer.encode(text, { parseSpecial: true }) };
      expect(found).toEqual({ text, ids: tokenizer_json_ids ?? ids });
    }
  });
});

describeWithShared("the tokenizers of shared models", () => {
  it("stories-gpt2 has the same one in both formats", async () => {
    const fromJson = await fromDirectory("models/stories-gpt2", "GPT2Tokenizer");
    const read = (name: string) => readFile(shared(`models/stories-gpt2/${name}`), "utf8");
    const files = { "vocab.json": await read("vocab.json"), "merges.txt": await read("merges.txt") };
    const fromFiles = (await loadTokenizer(await directoryWith(files), "GPT2Tokenizer")) as Tokenizer;
    const texts = (await casesOf("gpt2")).map(({ text }) => text);
    for (const text of texts) expect(fromFiles.encode(text)).toEqual(fromJson.encode(text));
    const facts = { vocabSize: 4096, bosId: 0, addBos: false, endOfTextIds: [0] };
    expect(fromJson).toMatchObject(facts);
    expect(fromFiles).toMatchObject(facts);
  });

  it("stories260k.gguf writes and reads its expected text", async () => {
    const tokenizer = await fromGguf("models/stories260k.gguf");
    const file = JSON.parse(await readFile(shared("models/stories260k.expected.json"), "utf8")) as object;
    for (const text of Object.values(file) as string[]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer).toMatchObject({ vocabSize: 512, bosId: 1, addBos: true, endOfTextIds: [2] });
  });
});
