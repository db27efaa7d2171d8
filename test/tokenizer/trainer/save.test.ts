import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../../src/tokenizer/index.ts";
import { saveTokenizer, trainingPatternNames, trainTokenizer } from "../../../src/tokenizer/trainer/index.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { random, randomText } from "../fixtures.ts";

const path = temporaryFolder();
const corpus = [
  "It's the 1234th story, isn't it? The story's 1234 words don't DON'T end.\n\n  They go on, the words.",
  "café naïve 中文 中文字 한국어 😀😀 the café's words\r\n\r\nthe words\t\tthe words",
];

async function saved(name: string, pattern: string) {
  const specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
  const trained = await trainTokenizer(corpus, { pattern, specialTokens, vocabSize: 360 });
  await saveTokenizer(trained, path(name));
  return trained;
}

const loaded = async (name: string) => {
  const tokenizer = await loadTokenizer(path(name), "GPT2Tokenizer");
  if (tokenizer === undefined) throw new Error("no tokenizer was saved");
  return tokenizer;
};

describe("saveTokenizer", () => {
  it.each(trainingPatternNames)("writes files that loadTokenizer reads: %s", async (pattern) => {
    const trained = await saved(pattern, pattern);
    const tokenizer = await loaded(pattern);
    expect(tokenizer.vocabSize).toBe(trained.tokens.length);
    expect(tokenizer.endOfTextIds).toEqual([0]);
    expect(tokenizer.addBos).toBe(false);
    expect([0, 1, 2, 3].map((id) => tokenizer.isSpecial(id))).toEqual([true, true, true, false]);
    for (const text of corpus) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      expect(tokenizer.encode(text).length).toBeLessThan(0.8 * Buffer.byteLength(text));
    }
    expect(tokenizer.encode("<|im_start|>", { parseSpecial: true })).toEqual([1]);
    expect(tokenizer.encode("<|im_start|>").length).toBeGreaterThan(1);
  });

  it.each(["gpt2", "qwen2"])("writes vocab.json and merges.txt that mean the same: %s", async (pattern) => {
    await saved(`${pattern}-both`, pattern);
    const whole = await loaded(`${pattern}-both`);
    rmSync(path(`${pattern}-both`, "tokenizer.json"));
    const parts = await loaded(`${pattern}-both`);
    const next = random(7);
    for (const text of [...corpus, ...Array.from({ length: 200 }, () => randomText(next))]) {
      expect(parts.encode(text)).toEqual(whole.encode(text));
      expect(parts.encode(text, { parseSpecial: true })).toEqual(whole.encode(text, { parseSpecial: true }));
    }
    expect(parts.endOfTextIds).toEqual(whole.endOfTextIds);
  });

  it("writes no vocab.json where it could not say how texts are split", async () => {
    await saved("o200k-alone", "o200k");
    expect(readdirSync(path("o200k-alone")).sort()).toEqual([
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
  });

  it("writes what Hugging Face's tokenizers require", async () => {
    await saved("fields", "gpt2");
    const file = JSON.parse(readFileSync(path("fields", "tokenizer.json"), "utf8"));
    const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
    expect(file).toMatchObject({
      version: "1.0",
      pre_tokenizer: byteLevel,
      post_processor: byteLevel,
      decoder: byteLevel,
      model: { type: "BPE", unk_token: null, byte_fallback: false },
    });
    expect(
      file.added_tokens.map(({ id, content }: { id: number; content: string }) => [id, content]),
    ).toEqual([
      [0, "<|endoftext|>"],
      [1, "<|im_start|>"],
      [2, "<|im_end|>"],
    ]);
    const [version, first] = readFileSync(path("fields", "merges.txt"), "utf8").split("\n");
    expect(version).toBe("#version: 0.2");
    expect(first).toBe(file.model.merges[0]);
    expect(JSON.parse(readFileSync(path("fields", "vocab.json"), "utf8"))).toEqual(file.model.vocab);
    expect(JSON.parse(readFileSync(path("fields", "tokenizer_config.json"), "utf8"))).toMatchObject({
      tokenizer_class: "GPT2Tokenizer",
      eos_token: "<|endoftext|>",
      additional_special_tokens: ["<|im_start|>", "<|im_end|>"],
    });
  });

  it("leaves nothing behind where it cannot write", async () => {
    writeFileSync(path("file"), "");
    const trained = await trainTokenizer(corpus, { vocabSize: 300 });
    const error = await rejectionOf(saveTokenizer(trained, path("file", "inside")));
    expect(error.code).toBe("resource");
    expect(error.message).toMatch(/cannot be written: a part of its path is a file, not a directory$/);
  });
});
