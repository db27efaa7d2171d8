import { describe, expect, it } from "vitest";
import { gpt1Pipeline, qwen2Pipeline } from "../../src/tokenizer/formats/pipeline/pipelines.ts";
import {
  idsOf,
  loadTokenizer,
  type PipelineTokenizer,
  tokenizerFromGguf,
} from "../../src/tokenizer/index.ts";
import { describeWithShared, shared } from "../shared.ts";
import {
  byteLevelParts,
  directoryWith,
  expectRefusal,
  ggufMetadata,
  random,
  randomText,
  tokenizerJson,
  train,
} from "./fixtures.ts";

const model = train(
  "the cat's hat and the 123 dogs' hats\n\nThe Cat, éè 漢字 漢字 - the end. ".repeat(4),
  120,
);
const added = { id: 1000, content: "<end>", special: true };

async function fromJson(json: object): Promise<PipelineTokenizer> {
  return (await loadTokenizer(await directoryWith({ "tokenizer.json": json }))) as PipelineTokenizer;
}

const byteLevel = () => fromJson(tokenizerJson(model, { ...byteLevelParts, added_tokens: [added] }));

/** Whole words that are tokens, whatever their merges: `ignore_merges`. */
const wholeWords = () => fromJson(tokenizerJson({ ...model, ignore_merges: true }, qwen2Pipeline));

/** GPT-1's pipeline: lower case, and `</w>` where a word ends. */
function characters(): Promise<PipelineTokenizer> {
  const tokens = [..."abcdeht", "<unk>", ..."aet".split("").map((char) => `${char}</w>`), "th", "the</w>"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const merges = ["t h", "th e</w>"];
  return fromJson(
    tokenizerJson({ vocab, merges, unk_token: "<unk>", end_of_word_suffix: "</w>" }, gpt1Pipeline),
  );
}

function sentencePiece(): PipelineTokenizer {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const tokens = ["<unk>", "<s>", "</s>", ...bytes, ..."▁abcehnot", "th", "the", "▁the", "at", "▁c", "▁cat"];
  const token_type = tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1));
  const keys = { model: "llama", tokens, token_type, scores: tokens.map((_, id) => -id) };
  return tokenizerFromGguf(ggufMetadata(keys), "model.gguf") as PipelineTokenizer;
}

const tokenizers: [string, () => PipelineTokenizer | Promise<PipelineTokenizer>][] = [
  ["byte-level BPE", byteLevel],
  ["byte-level BPE that keeps whole words", wholeWords],
  ["character BPE", characters],
  ["SentencePiece", sentencePiece],
];

/** Makes the merges one after the other, as the explanation tells them. */
function replay(
  symbols: readonly number[],
  merges: readonly { at: number; left: number; right: number; result: number }[],
) {
  const tokens: (number | undefined)[] = [...symbols];
  for (const { at, left, right, result } of merges) {
    const next = tokens.findIndex((id, place) => place > at && id !== undefined);
    expect([tokens[at], tokens[next]]).toEqual([left, right]);
    tokens[at] = result;
    tokens[next] = undefined;
  }
  return tokens.filter((id) => id !== undefined);
}

describe.each(tokenizers)("explain: %s", (_name, make) => {
  it("ends in what encode gives, by merges that can be made", async () => {
    const tokenizer = await make();
    const next = random(20);
    for (let i = 0; i < 200; i++) {
      const text = randomText(next) + (i % 3 === 0 ? "<end>the cat" : "");
      const parseSpecial = i % 2 === 0;
      const explanation = tokenizer.explain(text, { parseSpecial });
      expect(idsOf(explanation)).toEqual(tokenizer.encode(text, { parseSpecial }));
      for (const part of explanation) {
        if (typeof part === "number") continue;
        for (const { symbols, merges, ids } of part.pieces) expect(replay(symbols, merges)).toEqual(ids);
      }
    }
  });
});

describe("explain", () => {
  it("tells the pieces, the merges in order and what they made", async () => {
    const tokenizer = await byteLevel();
    const [part] = tokenizer.explain("the end");
    if (part === undefined || typeof part === "number") throw new Error("expected a text");
    expect(part.text).toBe("the end");
    expect(part.pieces.map(({ text }) => text)).toEqual(["the", " end"]);
    const steps = part.pieces[0]?.merges.map(({ left, right, result, rank, score }) => [
      ...[left, right, result].map((id) => tokenizer.spelling(id)),
      rank,
      score,
    ]);
    const ranks = ["h e", "t he"].map((merge) => model.merges.indexOf(merge));
    expect(steps).toEqual([
      ["h", "e", "he", ranks[0], undefined],
      ["t", "he", "the", ranks[1], undefined],
    ]);
  });

  it("explains a piece that comes again once", async () => {
    const [part] = (await byteLevel()).explain("the the the");
    if (part === undefined || typeof part === "number") throw new Error("expected a text");
    expect(part.pieces[1]).toBe(part.pieces[2]);
  });

  it("shows the text after normalization, and tokens that were cut out of it", async () => {
    expect((await characters()).explain("THE")).toMatchObject([{ text: "the" }]);
    const tokenizer = await byteLevel();
    expect(tokenizer.explain("a<end>b", { parseSpecial: true })).toMatchObject([
      { text: "a" },
      added.id,
      { text: "b" },
    ]);
    expect(tokenizer.explain("a<end>b")).toMatchObject([{ text: "a<end>b" }]);
  });

  it("gives the scores that ranked the merges, and the bytes of an unknown character", () => {
    const tokenizer = sentencePiece();
    const [part] = tokenizer.explain("the漢");
    if (part === undefined || typeof part === "number") throw new Error("expected a text");
    const [piece] = part.pieces;
    const names = piece?.symbols.map((id) => tokenizer.spelling(id));
    expect(names).toEqual(["▁", "t", "h", "e", "<0xE6>", "<0xBC>", "<0xA2>"]);
    const scores = piece?.merges.map(({ score, result }) => [tokenizer.spelling(result), score]);
    expect(scores).toEqual([
      ["th", -268],
      ["the", -269],
      ["▁the", -270],
    ]);
  });

  it("takes a piece that is itself a token whole", async () => {
    const tokenizer = await wholeWords();
    const [part] = tokenizer.explain("the");
    if (part === undefined || typeof part === "number") throw new Error("expected a text");
    expect(part.pieces).toMatchObject([{ symbols: tokenizer.encode("the"), merges: [] }]);
  });
});

describe("the facts of a tokenizer", () => {
  it("say how it works", async () => {
    expect((await byteLevel()).facts).toEqual({
      kind: "byte-level BPE",
      merges: model.merges.length,
      normalizer: [],
      preTokenizer: ["ByteLevel"],
    });
    expect((await wholeWords()).facts).toMatchObject({
      normalizer: ["NFC"],
      preTokenizer: ["Split", "ByteLevel"],
    });
    expect((await characters()).facts).toMatchObject({ kind: "character BPE", merges: 2 });
    expect(sentencePiece().facts).toMatchObject({
      kind: "character BPE with byte fallback",
      normalizer: ["Prepend", "Replace"],
      preTokenizer: [],
    });
  });

  it("name the control tokens and how tokens are spelled", async () => {
    const tokenizer = await byteLevel();
    expect(tokenizer.specialIds).toEqual([added.id]);
    expect(tokenizer.spelling(added.id)).toBe("<end>");
    expect(sentencePiece().specialIds).toEqual([0, 1, 2]);
    await expectRefusal(() => tokenizer.spelling(2000), "ids go from 0 to 1000");
  });
});

describeWithShared("explain, with the real vocabularies", () => {
  it.each(["gpt1", "gpt2"])("ends in what encode gives: %s", async (name) => {
    const tokenizer = (await loadTokenizer(shared(`tokenizers/${name}`))) as PipelineTokenizer;
    const next = random(21);
    for (let i = 0; i < 100; i++) {
      const text = randomText(next);
      expect(idsOf(tokenizer.explain(text))).toEqual(tokenizer.encode(text));
    }
  });
});
