/**
 * Thousands of damaged models from fixed seeds: each loads and writes a token, or is refused with one line.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";
import { fuzz } from "./fuzz.ts";
import {
  writeGgufGpt2,
  writeGgufLlama,
  writeGpt2,
  writeLlama,
  writePytorchGpt2,
  writeVocabulary,
} from "./subjects.ts";

const TEXT = "The cat sat on 1234 mats\n\n  – naïve 漢字 😀 <|endoftext|></s> don't";

const file = temporaryFolder();
const { directory: fuzzDirectory, gguf: fuzzGguf } = fuzz();

async function writeToken(path: string): Promise<void> {
  const model = await loadModel(path, { threads: 1 });
  try {
    if (model.hasTokenizer) roundTrip(model.tokenizer);
    for await (const _ of model.generate(model.hasTokenizer ? "The cat" : [1], { maxTokens: 1 }));
  } finally {
    await model.close();
  }
}

async function useTokenizer(directory: string): Promise<void> {
  const tokenizer = await loadTokenizer(directory, "GPT2Tokenizer");
  if (tokenizer !== undefined) roundTrip(tokenizer);
}

function roundTrip(tokenizer: Tokenizer): void {
  for (const parseSpecial of [false, true]) tokenizer.decode(tokenizer.encode(TEXT, { parseSpecial }));
}

const PATIENCE = { timeout: 120_000 };

describe("damaged models load or are refused", PATIENCE, () => {
  it("GPT-2 directories", () => fuzzDirectory(writeGpt2(file("gpt2")), writeToken, { cases: 1000, seed: 0 }));
  it("Llama directories", () =>
    fuzzDirectory(writeLlama(file("llama")), writeToken, { cases: 1000, seed: 10_000 }));
  it("GPT-2 directories of PyTorch", () =>
    fuzzDirectory(writePytorchGpt2(file("pytorch")), writeToken, { cases: 500, seed: 80_000 }));
  it("GPT-2 GGUF files", () =>
    fuzzGguf(writeGgufGpt2(file("gpt2.gguf")), writeToken, { cases: 750, seed: 20_000 }));
  it("Llama GGUF files", () =>
    fuzzGguf(writeGgufLlama(file("llama.gguf")), writeToken, { cases: 750, seed: 30_000 }));
  it("vocab.json and merges.txt", () =>
    fuzzDirectory(writeVocabulary(file("vocabulary")), useTokenizer, { cases: 500, seed: 40_000 }));

  it("the embedded model's tokenizer", () => {
    const embedded = fileURLToPath(new URL("../../models/stories/tokenizer.json", import.meta.url));
    mkdirSync(file("embedded"));
    copyFileSync(embedded, file("embedded", "tokenizer.json"));
    return fuzzDirectory(file("embedded"), useTokenizer, { cases: 100, seed: 50_000 });
  });
});

describeWithShared("damaged models of others load or are refused", () => {
  it("stories260k.gguf", () => {
    writeFileSync(file("stories260k.gguf"), readFileSync(shared("models/stories260k.gguf")));
    return fuzzGguf(file("stories260k.gguf"), writeToken, { cases: 100, seed: 60_000 });
  });

  it.each(["gpt2", "openai-gpt", "llama", "qwen2"])("golden %s", (name) => {
    mkdirSync(file(`golden-${name}`));
    for (const part of ["config.json", "model.safetensors"]) {
      writeFileSync(file(`golden-${name}`, part), readFileSync(shared(`models/golden/${name}/${part}`)));
    }
    return fuzzDirectory(file(`golden-${name}`), writeToken, { cases: 50, seed: 70_000 });
  });
});
