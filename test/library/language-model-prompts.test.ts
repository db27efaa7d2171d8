import { describe, expect, it } from "vitest";
import { bos, build, end, generated, nameless, pieces, special } from "../scripted-engine.ts";
import { ByteTokenizer } from "../text/byte-tokenizer.ts";

describe("LanguageModel.generate, prompts", () => {
  it("puts the beginning-of-text token before a text where the tokenizer says so, never twice", async () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    expect(await generated(build({ tokenizer }).model, "Hello")).toMatchObject({ promptIds: [bos, 1] });
    tokenizer.encode = () => [bos, 2];
    expect(await generated(build({ tokenizer }).model, " world")).toMatchObject({ promptIds: [bos, 2] });
  });

  it("takes ids as they are", async () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    expect(await generated(build({ tokenizer }).model, [1])).toMatchObject({ promptIds: [1] });
    expect(await generated(build({ tokenizer }).model, [bos, bos])).toMatchObject({ promptIds: [bos, bos] });
  });

  it("continues the token that begins a text where the prompt is empty", async () => {
    const plain = new ByteTokenizer(pieces);
    const cases = [
      { parts: {}, start: bos },
      { parts: { tokenizer: new ByteTokenizer(pieces, { ...special, addBos: true }) }, start: bos },
      { parts: { tokenizer: plain }, start: bos },
      { parts: { tokenizer: plain, names: { bosId: undefined, endOfTextIds: [end] } }, start: end },
      { parts: { tokenizer: undefined }, start: bos },
    ];
    for (const { parts, start } of cases) {
      expect(await generated(build(parts).model, [])).toMatchObject({ promptIds: [start] });
      if (build(parts).model.hasTokenizer) {
        expect(await generated(build(parts).model, "")).toMatchObject({ promptIds: [start] });
      }
    }
    const { model } = build({ tokenizer: plain, names: nameless });
    expect(() => model.generate("")).toThrow("names no token that begins a text");
  });

  it("refuses a prompt longer than the context with both counts", async () => {
    const prompt = new Array<number>(21).fill(1);
    await expect(generated(build().model, prompt)).rejects.toThrow(
      "prompt has 21 tokens, the context holds 20, so 1 is too many",
    );
  });
});

describe("LanguageModel.promptIds", () => {
  it("gives the ids that generate continues", () => {
    const tokenizer = new ByteTokenizer(pieces, { ...special, addBos: true });
    const { model } = build({ tokenizer });
    expect(model.promptIds("Hello world")).toEqual([bos, 1, 2]);
    expect(model.promptIds([3])).toEqual([3]);
    expect(model.promptIds("")).toEqual([bos]);
  });

  it("reads control tokens in a text where they are to count", async () => {
    const { model } = build({ tokenizer: new ByteTokenizer(["<", "e", ">", "<e>"], { endOfTextIds: [3] }) });
    expect(model.promptIds("<e>")).toEqual([0, 1, 2]);
    expect(model.promptIds("<e>", { parseSpecial: true })).toEqual([3]);
    expect(await generated(model, "<e>e", { parseSpecial: true })).toMatchObject({ promptIds: [3, 1] });
    expect(await generated(model, "<e>e")).toMatchObject({ promptIds: [0, 1, 2, 1] });
  });
});

describe("LanguageModel.generate with overflow", () => {
  const options = { overflow: "truncate-left", maxTokens: 3 } as const;
  const prompt = (first: number) => [first, ...new Array<number>(30).fill(1)];

  it("keeps the beginning-of-text token where the tokenizer adds it", async () => {
    const adding = new ByteTokenizer(pieces, { ...special, addBos: true });
    for (const { tokenizer, first, kept } of [
      { tokenizer: adding, first: bos, kept: bos },
      { tokenizer: adding, first: 2, kept: 1 },
      { tokenizer: new ByteTokenizer(pieces, special), first: bos, kept: 1 },
      { tokenizer: undefined, first: bos, kept: 1 },
    ]) {
      const { model, engine } = build({ tokenizer });
      const { droppedTokens, promptIds } = await generated(model, prompt(first), options);
      expect(engine.sessions[0]?.appended[0]).toEqual([kept, ...new Array<number>(17).fill(1)]);
      expect(droppedTokens).toBe(13);
      expect(promptIds).toEqual(prompt(first));
    }
  });
});
