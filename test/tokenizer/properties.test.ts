import { describe, expect, it } from "vitest";
import { byteLevelPipeline } from "../../src/tokenizer/formats/pipeline/pipelines.ts";
import { loadTokenizer, type Tokenizer, tokenizerFromGguf } from "../../src/tokenizer/index.ts";
import { directoryWith, ggufMetadata, random, randomText, tokenizerJson, train } from "./fixtures.ts";

const model = train(
  "the cat's hat  and the 123 dogs' hats\n\nThe Cat, éè 漢字 漢字 - the end. ".repeat(4),
  120,
);

async function byteLevel(pattern: "gpt2" | "cl100k" | "qwen2" | "o200k"): Promise<Tokenizer> {
  const json = tokenizerJson(model, byteLevelPipeline([pattern]));
  return (await loadTokenizer(await directoryWith({ "tokenizer.json": json }))) as Tokenizer;
}

function sentencePiece(): Tokenizer {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = [..."▁abcdeghnost", "th", "the", "▁the", "▁t", "at", "▁c", "▁cat", "nd", "▁▁", "▁▁▁▁"];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words];
  const token_type = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  const keys = { model: "llama", tokens, token_type, scores: tokens.map((_, id) => -id) };
  return tokenizerFromGguf(ggufMetadata(keys), "model.gguf") as Tokenizer;
}

const tokenizers: [string, () => Tokenizer | Promise<Tokenizer>][] = [
  ["gpt2", () => byteLevel("gpt2")],
  ["cl100k", () => byteLevel("cl100k")],
  ["qwen2", () => byteLevel("qwen2")],
  ["o200k", () => byteLevel("o200k")],
  ["SentencePiece", sentencePiece],
];

describe.each(tokenizers)("%s", (name, make) => {
  it("decodes what it encoded", async () => {
    const tokenizer = await make();
    const next = random(10);
    for (let i = 0; i < 400; i++) {
      const text = randomText(next);
      // SentencePiece's mark for a space is a space once decoded.
      const expected = name === "SentencePiece" ? text.replaceAll("▁", " ") : text;
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(expected);
    }
  });

  it("streams what decode gives, from any point on", async () => {
    const tokenizer = await make();
    const next = random(11);
    for (let i = 0; i < 400; i++) {
      const ids = tokenizer.encode(randomText(next));
      const start = Math.floor(next() * (ids.length + 1));
      const before = tokenizer.stream();
      const head = ids.slice(0, start).map((id) => before.push(id));
      const stream = tokenizer.stream(ids.slice(0, start));
      const pushed = ids.slice(start).map((id) => stream.push(id));
      expect(stream.unfinished).toBe(false);
      const tail = [...pushed, stream.flush()];
      expect([...head, ...tail].join("")).toBe(tokenizer.decode(ids));
      for (const text of tail) expect(text).not.toMatch(/\p{Surrogate}/u);
      if (!tokenizer.decode(ids).includes("\ufffd")) expect(tail.join("")).not.toContain("\ufffd");
    }
  });

  it("streams any ids as it decodes them", async () => {
    const tokenizer = await make();
    const next = random(12);
    for (let i = 0; i < 200; i++) {
      const ids = Array.from({ length: 8 }, () => Math.floor(next() * tokenizer.vocabSize));
      const stream = tokenizer.stream();
      const text = ids.map((id) => stream.push(id)).join("") + stream.flush();
      expect(text).toBe(tokenizer.decode(ids, { skipSpecial: true }));
    }
  });

  it("refuses what is no text, and what are no ids", async () => {
    const tokenizer = (await make()) as unknown as Record<string, (value: unknown) => unknown>;
    for (const [method, problem] of [
      ["encode", "text must be a text, found 5"],
      ["decode", "ids must be a list of token ids, found 5"],
      ["stream", "previous must be a list of token ids, found 5"],
    ] as const) {
      const expected = { code: "usage", message: problem };
      expect(() => tokenizer[method]?.(5)).toThrow(expect.objectContaining(expected));
    }
  });

  it("gives the same ids the second time", async () => {
    const tokenizer = await make();
    const next = random(13);
    const texts = Array.from({ length: 50 }, () => randomText(next));
    const first = texts.map((text) => tokenizer.encode(text));
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(first);
  });

  it.each(["a", "_", " ", "\n", "A", "é", "漢字", "👍🏽", "1", "'", " \n", "a_", "\u0301"])(
    "completes 200,000 characters of %j",
    async (unit) => {
      const tokenizer = await make();
      const text = unit.repeat(200_000 / unit.length);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );
});
