import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { GgufMetadata } from "../../../../src/checkpoint/checkpoint.ts";
import { readGguf } from "../../../../src/checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../../../src/checkpoint/gguf/writer.ts";
import { tokenizerEntries } from "../../../../src/tokenizer/formats/gguf/writer.ts";
import { loadTokenizer, tokenizerFromGguf } from "../../../../src/tokenizer/index.ts";
import type { PipelineTokenizer } from "../../../../src/tokenizer/pipeline-tokenizer.ts";
import {
  saveTokenizer,
  trainingPatternNames,
  trainTokenizer,
} from "../../../../src/tokenizer/trainer/index.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { directoryWith, random, randomText, tokenizerJson } from "../../fixtures.ts";

const path = temporaryFolder();
const corpus = [
  "It's the 1234th story, isn't it?\n\n  They go on, the words. café 中文 😀 camelCase\r\n\t x\n",
];

async function written(tokenizer: PipelineTokenizer, vocabSize = tokenizer.vocabSize): Promise<GgufMetadata> {
  await writeGguf(path("vocab.gguf"), tokenizerEntries("MODEL", tokenizer, vocabSize), []);
  return (await readGguf(path("vocab.gguf"))).metadata;
}

async function trained(pattern: string): Promise<PipelineTokenizer> {
  const options = { pattern, vocabSize: 360, specialTokens: ["<|endoftext|>", "<|im_end|>"] };
  await saveTokenizer(await trainTokenizer(corpus, options), path(pattern));
  return present(await loadTokenizer(path(pattern), "GPT2Tokenizer"));
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}

const ggml = (metadata: GgufMetadata, key: string) => metadata.get(`tokenizer.ggml.${key}`);

describe("a byte-level tokenizer in GGUF", () => {
  it.each(trainingPatternNames)("encodes as its own files do: %s", async (pattern) => {
    const tokenizer = await trained(pattern);
    const metadata = await written(tokenizer);
    const read = present(tokenizerFromGguf(metadata, "vocab.gguf"));
    const next = random(3);
    for (const text of [...corpus, ...Array.from({ length: 100 }, () => randomText(next).normalize())]) {
      expect(read.encode(text)).toEqual(tokenizer.encode(text));
    }
    expect(read.encode("<|im_end|>", { parseSpecial: true })).toEqual([1]);
    const { vocabSize, bosId, addBos, specialIds } = tokenizer;
    expect(read).toMatchObject({ vocabSize, bosId, addBos, specialIds });
    expect(ggml(metadata, "eos_token_id")).toBe(0);
  });

  it("has as many tokens as the model", async () => {
    const tokenizer = await trained("gpt2");
    const metadata = await written(tokenizer, tokenizer.vocabSize + 2);
    const { vocabSize } = tokenizer;
    expect((ggml(metadata, "tokens") as string[]).slice(-2)).toEqual([
      `[PAD${vocabSize}]`,
      `[PAD${vocabSize + 1}]`,
    ]);
    expect((ggml(metadata, "token_type") as number[]).slice(-3)).toEqual([1, 5, 5]);
    expect(ggml(metadata, "pre")).toBe("gpt-2");
  });

  it("is refused where no name stands for how it splits text", async () => {
    const model = { vocab: { a: 0, b: 1 }, merges: [] };
    const pre_tokenizer = {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: "[aeiou]+" }, behavior: "Isolated" },
        { type: "ByteLevel" },
      ],
    };
    const json = tokenizerJson(model, { pre_tokenizer, decoder: { type: "ByteLevel" } });
    const tokenizer = present(await loadTokenizer(await directoryWith({ "tokenizer.json": json })));
    await expect(written(tokenizer)).rejects.toThrow(
      "MODEL: GGUF has no name for how its tokenizer splits text",
    );
  });
});

describeWithShared("real tokenizers in GGUF", () => {
  const expectCases = async (name: string, metadata: GgufMetadata) => {
    const read = present(tokenizerFromGguf(metadata, name));
    const file = await readFile(shared(`tokenizers/${name}/cases.json`), "utf8");
    for (const { text, ids } of (JSON.parse(file) as { cases: { text: string; ids: number[] }[] }).cases) {
      expect(read.encode(text)).toEqual(ids);
    }
  };

  it("GPT-2 from vocab.json and merges.txt: what llama.cpp's converter writes", async () => {
    const metadata = await written(present(await loadTokenizer(shared("tokenizers/gpt2"), "GPT2Tokenizer")));
    const reference = (await readGguf(shared("tokenizers/gpt2/vocab.gguf"))).metadata;
    for (const key of ["model", "pre", "tokens", "token_type", "merges", "bos_token_id", "eos_token_id"]) {
      expect(ggml(metadata, key)).toEqual(ggml(reference, key));
    }
    await expectCases("gpt2", metadata);
  });

  it("Llama 2: scores that merge in the same order", async () => {
    const { metadata } = await readGguf(shared("tokenizers/llama-spm/vocab.gguf"));
    const again = await written(present(tokenizerFromGguf(metadata, "vocab.gguf")));
    for (const key of ["model", "tokens", "token_type", "add_bos_token", "unknown_token_id"]) {
      expect(ggml(again, key)).toEqual(ggml(metadata, key));
    }
    await expectCases("llama-spm", again);
  });
});
