import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TrainedTokenizer, trainTokenizer } from "../../../src/tokenizer/trainer/index.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { describeWithShared, shared } from "../../shared.ts";
import { frequentPairs } from "./reference.ts";

const spelled = ({ merges }: TrainedTokenizer): string[] => merges.map((pair) => pair.join(" "));

const repeat = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts).flatMap(([word, count]) => new Array<string>(count).fill(word));

describe("trainTokenizer", () => {
  it("merges the most frequent pair, and among equals the one of the lowest ids", async () => {
    // The corpus of Sennrich et al. 2016, worked out by hand: e s 9 (before s t 9), es t 9, l o 7 (before o w
    // 7), lo w 7, e w 6 (before n e 6 and w est 6), n ew 6, new est 6, d est 3 (before i d and w i), i dest,
    // w idest, e r 2, low er 2.
    const trained = await trainTokenizer(repeat({ low: 5, lower: 2, newest: 6, widest: 3 }));
    expect(spelled(trained)).toEqual([
      ...["e s", "es t", "l o", "lo w", "e w", "n ew", "new est"],
      ...["d est", "i dest", "w idest", "e r", "low er"],
    ]);
  });

  it("gives control tokens the first ids, then bytes in the order of their characters, then merges", async () => {
    const trained = await trainTokenizer(["aa aa"], { specialTokens: ["<|endoftext|>", "<|pad|>"] });
    expect(trained.tokens.slice(0, 4)).toEqual(["<|endoftext|>", "<|pad|>", "!", '"']);
    expect(trained.tokens.slice(256, 258)).toEqual(["ł", "Ń"]);
    expect(trained.tokens.slice(258)).toEqual(["aa"]);
  });

  it("counts overlapping pairs as it merges them, from the left", async () => {
    const trained = await trainTokenizer(["aaaaa"], { minFrequency: 1 });
    expect(spelled(trained)).toEqual(["a a", "aa a", "aa aaa"]);
  });

  it("works on bytes: a character that repeats becomes a token", async () => {
    expect(spelled(await trainTokenizer(["éa éb éc"]))).toEqual(["Ã ©", "Ġ Ã©"]);
  });

  it("stops at the vocabulary's size, and at pairs that are rarer than asked for", async () => {
    const texts = repeat({ low: 5, lower: 2, newest: 6, widest: 3 });
    expect((await trainTokenizer(texts, { vocabSize: 260 })).tokens).toHaveLength(260);
    expect(spelled(await trainTokenizer(texts, { minFrequency: 7 }))).toHaveLength(4);
    expect(spelled(await trainTokenizer(texts, { minFrequency: 10 }))).toHaveLength(0);
  });

  it("never makes a control token of text", async () => {
    const trained = await trainTokenizer(repeat({ user: 9 }), { specialTokens: ["user"] });
    expect(trained.tokens.filter((token) => token === "user")).toHaveLength(1);
    expect(spelled(trained)).toEqual(["e r", "s er"]);
  });

  it("does not merge across the pieces of its pattern", async () => {
    const texts = ["12345 12345 12345"];
    expect((await trainTokenizer(texts, { pattern: "qwen2" })).tokens).toHaveLength(257);
    const { tokens } = await trainTokenizer(texts, { pattern: "cl100k" });
    expect(tokens.slice(257)).toEqual(["12", "45", "123"]);
  });

  it("makes the merges of the plain algorithm from any text", async () => {
    const word = fc.string({ unit: fc.constantFrom(..."aab cé1'\n"), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(word, async (text) => {
        const trained = await trainTokenizer([text]);
        expect(spelled(trained)).toEqual(frequentPairs(text, trained.merges.length));
      }),
      { numRuns: 200 },
    );
  });

  it("takes texts as a stream", async () => {
    const texts = repeat({ low: 5, lower: 2, newest: 6, widest: 3 });
    async function* stream() {
      yield* texts;
    }
    expect(await trainTokenizer(stream())).toEqual(await trainTokenizer(texts));
  });

  it.each([
    [{ vocabSize: 256 }, /vocabulary size 256: expected 257/],
    [{ vocabSize: 1e9 }, /vocabulary size 1000000000/],
    [{ minFrequency: 0 }, /minimum frequency 0/],
    [{ pattern: "gpt9" }, /pattern "gpt9": expected gpt2, cl100k/],
    [{ pattern: "toString" }, /pattern "toString"/],
    [{ specialTokens: [] }, /no special tokens/],
    [{ specialTokens: ["<s>", "<s>"] }, /"<s>" is given twice/],
    [{ specialTokens: ["a"] }, /special token "a": expected at least two/],
    [{ specialTokens: [" <s>"] }, /without white space/],
  ])("refuses %j", async (options, message) => {
    const error = await rejectionOf(trainTokenizer(["text"], options));
    expect(error.code).toBe("usage");
    expect(error.message).toMatch(message);
  });

  it("stops when it is told to", async () => {
    const reason = new Error("enough");
    await expect(trainTokenizer(["text"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describeWithShared("trainTokenizer on stories", () => {
  const stories = () => readFileSync(shared("data/tinystories/valid.txt"), "utf8");

  it("merges what counting everything again each time finds", async () => {
    const excerpt = stories().slice(0, 20_000);
    const trained = await trainTokenizer([excerpt], { vocabSize: 257 + 150 });
    expect(spelled(trained)).toEqual(frequentPairs(excerpt, 150));
  });

  it("fills a vocabulary of 4,096", async () => {
    const { tokens, merges } = await trainTokenizer(stories().split("<|endoftext|>"), { vocabSize: 4096 });
    expect(new Set(tokens).size).toBe(4096);
    expect(merges).toHaveLength(4096 - 257);
    expect(tokens).toContain("Ġlittle");
  });
});
