import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readGguf } from "../../../src/checkpoint/gguf/gguf.ts";
import { loadTokenizer, tokenizerFiles, tokenizerFromGguf } from "../../../src/tokenizer/index.ts";
import type { PipelineTokenizer } from "../../../src/tokenizer/pipeline-tokenizer.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { directoryWith, ggufMetadata, random, randomText, train } from "../fixtures.ts";

type Keys = Parameters<typeof ggufMetadata>[0];

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}

const inGguf = (keys: Keys) => present(tokenizerFromGguf(ggufMetadata(keys), "model.gguf"));

async function written(tokenizer: PipelineTokenizer): Promise<PipelineTokenizer> {
  const files = tokenizerFiles("MODEL", tokenizer);
  return present(await loadTokenizer(await directoryWith(Object.fromEntries(files))));
}

async function expectSame(tokenizer: PipelineTokenizer): Promise<void> {
  const again = await written(tokenizer);
  const next = random(5);
  for (const text of Array.from({ length: 200 }, () => randomText(next))) {
    for (const parseSpecial of [true, false]) {
      const ids = tokenizer.encode(text, { parseSpecial });
      expect(again.encode(text, { parseSpecial })).toEqual(ids);
      expect(again.decode(ids)).toBe(tokenizer.decode(ids));
    }
  }
  const { vocabSize, bosId, addBos, specialIds, facts } = tokenizer;
  expect(again).toMatchObject({ vocabSize, bosId, addBos, specialIds, facts });
  expect(again.endOfTextIds[0]).toBe(tokenizer.endOfTextIds[0]);
}

const model = train("the 12 cats, the 345 hats! 12 345 hats it's don't ABCdef\n".repeat(3), 40);
const plain = Object.keys(model.vocab);
const tokens = [...plain, "<|endoftext|>", "<s>", "<tool>"];
const byteLevel = {
  model: "gpt2",
  tokens,
  token_type: tokens.map((_, id) => (id < plain.length ? 1 : id < plain.length + 2 ? 3 : 4)),
  merges: model.merges,
  eos_token_id: plain.length,
};

/** Bytes, then characters and words by score; some pairs have one score. */
const pieces = [
  "▁",
  "a",
  "b",
  "c",
  "t",
  "h",
  "e",
  "▁t",
  "th",
  "he",
  "▁th",
  "the",
  "▁the",
  "aa",
  "aaa",
  "at",
  "cat",
];
const bytes = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
);
const scored = {
  model: "llama",
  tokens: ["<unk>", "<s>", "</s>", ...bytes, ...pieces, "<tool use>"],
  token_type: [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1), 4],
  scores: [0, 0, 0, ...bytes.map(() => 0), ...pieces.map((_, i) => -i), 0],
};

describe("a tokenizer in Hugging Face's files", () => {
  it.each<[string, Keys]>([
    ["default", {}],
    ["gpt-2", {}],
    ["llama-bpe", { bos_token_id: plain.length + 1 }],
    ["llama-bpe", { bos_token_id: plain.length + 1, add_bos_token: false }],
    ["qwen2", {}],
    ["gpt-4o", { bos_token_id: plain.length + 1, add_bos_token: true }],
    ["tekken", {}],
  ])("encodes as %s in GGUF does, with %j", async (pre, keys) => {
    await expectSame(inGguf({ ...byteLevel, pre, ...keys }));
  });

  it.each<Keys>([{}, { add_space_prefix: false }, { add_bos_token: false }])(
    "encodes as scores do, with %j",
    async (keys) => {
      const tokenizer = inGguf({ ...scored, ...keys });
      await expectSame(tokenizer);
      const text = "the cat aaaaaaa that <tool use> hat the 中";
      const again = await written(tokenizer);
      expect(again.encode(text)).toEqual(tokenizer.encode(text));
      expect(again.spelling(tokenizer.encode("cat").at(-1) ?? 0)).toBe("cat");
    },
  );

  it("has a template that puts the first token before texts", () => {
    const files = tokenizerFiles("MODEL", inGguf(scored), { chatTemplate: "{{ x }}" });
    const json = JSON.parse(files.get("tokenizer.json") ?? "");
    expect(json.post_processor).toMatchObject({
      type: "TemplateProcessing",
      special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
    });
    expect(json.model).toMatchObject({ unk_token: "<unk>", byte_fallback: true, ignore_merges: false });
    expect(JSON.parse(files.get("tokenizer_config.json") ?? "")).toMatchObject({
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: "<s>",
      eos_token: "</s>",
      add_bos_token: true,
      chat_template: "{{ x }}",
    });
  });

  it("is refused where a list of merges does not say what scores do", () => {
    // Of one score, the first pair from the left merges; in a list one of them goes first everywhere.
    const tokens = ["<unk>", "<s>", "</s>", "3", "▁", "▁3", "3▁"];
    const tokenizer = inGguf({ model: "llama", tokens, scores: tokens.map(() => 0) });
    const encoded = () => tokenizerFiles("MODEL", tokenizer);
    expect(encoded).toThrow("MODEL: tokenizer.json has no words for how its tokenizer encodes text");
  });
});

describeWithShared("real tokenizers in Hugging Face's files", () => {
  it.each(["gpt2", "llama-spm"])("%s", async (name) => {
    const { metadata } = await readGguf(shared(`tokenizers/${name}/vocab.gguf`));
    const tokenizer = present(tokenizerFromGguf(metadata, name));
    const again = await written(tokenizer);
    const file = await readFile(shared(`tokenizers/${name}/cases.json`), "utf8");
    for (const { text, ids } of (JSON.parse(file) as { cases: { text: string; ids: number[] }[] }).cases) {
      expect(again.encode(text)).toEqual(ids);
    }
    const next = random(8);
    for (const text of Array.from({ length: 100 }, () => randomText(next))) {
      expect(again.encode(text)).toEqual(tokenizer.encode(text));
    }
  });
});
