import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toByteLevel } from "../../src/tokenizer/bpe/byte-level.ts";
import { byteLevelPipeline } from "../../src/tokenizer/formats/pipeline/pipelines.ts";
import {
  idsOf,
  loadTokenizer,
  type PipelineTokenizer,
  tokenizerFromGguf,
} from "../../src/tokenizer/index.ts";
import { fromOniguruma } from "../../src/tokenizer/pattern/oniguruma.ts";
import { patterns } from "../../src/tokenizer/pattern/patterns.ts";
import { anyText, directoryWith, ggufMetadata, tokenizerJson, train } from "./fixtures.ts";

const runs = { numRuns: 200 };

const model = train(
  "the cat's hat  and the 123 dogs' hats\n\nThe Cat, éè 漢字 漢字 - the end. ".repeat(4),
  120,
);

type Pattern = "gpt2" | "cl100k" | "qwen2" | "o200k";

async function byteLevel(pattern: Pattern): Promise<PipelineTokenizer> {
  const json = tokenizerJson(model, byteLevelPipeline([pattern]));
  return (await loadTokenizer(await directoryWith({ "tokenizer.json": json }))) as PipelineTokenizer;
}

function sentencePiece(): PipelineTokenizer {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const words = [..."▁abcdeghnost", "th", "the", "▁the", "▁t", "at", "▁c", "▁cat", "nd", "▁▁", "▁▁▁▁"];
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...words];
  const token_type = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  const keys = { model: "llama", tokens, token_type, scores: tokens.map((_, id) => -id) };
  return tokenizerFromGguf(ggufMetadata(keys), "model.gguf") as PipelineTokenizer;
}

const tokenizers: [string, () => PipelineTokenizer | Promise<PipelineTokenizer>][] = [
  ["gpt2", () => byteLevel("gpt2")],
  ["cl100k", () => byteLevel("cl100k")],
  ["qwen2", () => byteLevel("qwen2")],
  ["o200k", () => byteLevel("o200k")],
  ["SentencePiece", sentencePiece],
];

describe.each(tokenizers)("%s", (name, make) => {
  it("decodes what it encoded", async () => {
    const tokenizer = await make();
    fc.assert(
      fc.property(anyText, (text) => {
        // SentencePiece's mark for a space is a space once decoded.
        const expected = name === "SentencePiece" ? text.replaceAll("▁", " ") : text;
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(expected);
      }),
      runs,
    );
  });

  it("streams what decode gives, cut anywhere", async () => {
    const tokenizer = await make();
    fc.assert(
      fc.property(anyText, fc.nat(), (text, place) => {
        const ids = tokenizer.encode(text);
        const cut = place % (ids.length + 1);
        const before = tokenizer.stream();
        const head = ids.slice(0, cut).map((id) => before.push(id));
        const stream = tokenizer.stream(ids.slice(0, cut));
        const pushed = ids.slice(cut).map((id) => stream.push(id));
        expect(stream.unfinished).toBe(false);
        const tail = [...pushed, stream.flush()];
        expect([...head, ...tail].join("")).toBe(tokenizer.decode(ids));
        for (const part of tail) expect(part).not.toMatch(/\p{Surrogate}/u);
        if (!tokenizer.decode(ids).includes("\ufffd")) expect(tail.join("")).not.toContain("\ufffd");
      }),
      runs,
    );
  });

  it("streams any ids as it decodes them", async () => {
    const tokenizer = await make();
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 12 }), (ids) => {
        const stream = tokenizer.stream();
        const text = ids.map((id) => stream.push(id)).join("") + stream.flush();
        expect(text).toBe(tokenizer.decode(ids, { skipSpecial: true }));
      }),
      runs,
    );
  });

  it("gives the same ids the second time, and explains them", async () => {
    const tokenizer = await make();
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.encode(text)).toEqual(ids);
        expect(idsOf(tokenizer.explain(text))).toEqual(ids);
      }),
      runs,
    );
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

  it.each(["a", "_", " ", "\n", "A", "é", "漢字", "👍🏽", "1", "'", " \n", "a_", "\u0301"])(
    "completes 200,000 characters of %j",
    async (unit) => {
      const tokenizer = await make();
      const text = unit.repeat(200_000 / unit.length);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );
});

/**
 * BPE as its definition reads: of all pairs the first in the list of merges is merged, then the search starts
 * again.
 */
function mergePlainly(piece: string): string[] {
  const tokens = [...toByteLevel(piece)];
  for (;;) {
    const ranks = tokens.slice(1).map((right, i) => model.merges.indexOf(`${tokens[i]} ${right}`));
    const best = Math.min(...ranks.filter((rank) => rank >= 0));
    if (best === Infinity) return tokens;
    const at = ranks.indexOf(best);
    tokens.splice(at, 2, `${tokens[at]}${tokens[at + 1]}`);
  }
}

it.each<Pattern>(["gpt2", "cl100k", "qwen2", "o200k"])(
  "%s encodes what the definition of BPE gives for each piece",
  async (name) => {
    const tokenizer = await byteLevel(name);
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = text.match(fromOniguruma(patterns[name])) ?? [];
        const wanted = pieces.flatMap((piece) => mergePlainly(piece).map((token) => model.vocab[token]));
        expect(tokenizer.encode(text)).toEqual(wanted);
      }),
      runs,
    );
  },
);
