import { describe, expect, it } from "vitest";
import type { GeneratedToken, GenerateOptions } from "../../src/generate/options/options.ts";
import { generateText } from "../../src/text/generate-text.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { resolveSettings } from "../generate/resolve-settings.ts";
import { ScriptedSource } from "../generate/scripted-source.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

/** Pieces of text, and a control token at the end that ends the text. */
const pieces = ["one", " two", " three", "\n", [0xf0, 0x9f], [0x98, 0x80], "<end>"];
const end = 6;
const tokenizer = new ByteTokenizer(pieces, { endOfTextIds: [end] });

interface Surroundings {
  readonly contextSize?: number;
  readonly tokenizer?: Tokenizer | undefined;
  readonly endOfTextIds?: readonly number[];
  readonly prompt?: readonly number[];
  /** Abort when so many appends are done. */
  readonly interruptAt?: number;
}

async function run(script: readonly number[], options: GenerateOptions = {}, around: Surroundings = {}) {
  const { contextSize, interruptAt } = around;
  const source = new ScriptedSource(script, pieces.length, contextSize);
  const controller = new AbortController();
  const append = source.append.bind(source);
  source.append = (ids, options) => {
    if (source.appended.length === interruptAt) controller.abort();
    return append(ids, options);
  };
  const { signal } = controller;
  const settings = resolveSettings({ temperature: 0, seed: 3, signal, ...options }, pieces.length);
  const request = { prompt: [0], settings, endOfTextIds: [end], tokenizer, ...around };
  const generation = generateText(source, request);
  const tokens: GeneratedToken[] = [];
  for (;;) {
    const { value: summary, done } = await generation.next();
    if (done) return { tokens, text: tokens.map(({ text }) => text).join(""), summary, source };
    tokens.push(summary);
  }
}

const untilEnd = [1, 2, 3, 4, 5, end];

describe("generateText", () => {
  it("yields every id with its text, and returns how it went", async () => {
    const { tokens, summary } = await run(untilEnd);
    expect(tokens).toEqual([
      { id: 1, text: " two" },
      { id: 2, text: " three" },
      { id: 3, text: "\n" },
      { id: 4, text: "" },
      { id: 5, text: "😀" },
    ]);
    expect(summary).toMatchObject({ finishReason: "eos", promptIds: [0], seed: 3 });
    expect(summary.promptMs).toBeGreaterThan(0);
    expect(summary.generatedMs).toBeGreaterThan(0);
  });

  it.each([
    { reason: "eos", script: [1, 4, end], options: {} },
    { reason: "length", script: [1, 4], options: { maxTokens: 2 } },
    { reason: "context", script: [1, 4], options: {}, contextSize: 2 },
    { reason: "interrupted", script: [1, 4], options: {}, interruptAt: 2 },
  ])(
    "gives out held text where the reason to end is $reason",
    async ({ reason, script, options, ...around }) => {
      const { tokens, text, summary } = await run(script, options, around);
      expect(tokens.map(({ id }) => id)).toEqual([1, 4]);
      expect(text).toBe(" two\ufffd");
      expect(summary.finishReason).toBe(reason);
    },
  );

  it("ends with a stop text, which it leaves out", async () => {
    const { tokens, text, summary } = await run(untilEnd, { stop: ["ee\n"] });
    expect(tokens.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(text).toBe(" two thr");
    expect(summary.finishReason).toBe("stop");
  });

  it("tells which stop text ended it", async () => {
    expect((await run(untilEnd, { stop: ["x", "two", "o"] })).summary).toMatchObject({ stopText: "two" });
    expect((await run(untilEnd, { stop: ["x"] })).summary).not.toHaveProperty("stopText");
    const beams = await run(untilEnd, { stop: ["two"], temperature: 0.8, beams: 2 });
    expect(beams.summary).toMatchObject({ stopText: "two", finishReason: "stop" });
  });

  it("ends after a control token that stops, which has no text", async () => {
    const around = { endOfTextIds: [] };
    const { tokens, summary } = await run(untilEnd, { stop: ["<end>"] }, around);
    expect(tokens.at(-1)).toEqual({ id: end, text: "" });
    expect(summary).toMatchObject({ finishReason: "stop", stopText: "<end>" });
    const mixed = await run([1, 2, end], { stop: ["three<end>"] }, around);
    expect(mixed.text).toBe(" two ");
    expect(mixed.summary).toMatchObject({ finishReason: "stop", stopText: "three<end>" });
  });

  it("never writes a control token that is banned, whether it ends the text or not", async () => {
    for (const endOfTextIds of [[], [end]]) {
      const { tokens } = await run(untilEnd, { ban: ["<end>"], maxTokens: 8 }, { endOfTextIds });
      expect(tokens.map(({ id }) => id)).not.toContain(end);
      expect(tokens).toHaveLength(8);
    }
  });

  it("finds a stop text whose first character the prompt began", async () => {
    const { text, summary } = await run([5, 1, end], { stop: ["😀"] }, { prompt: [0, 4] });
    expect([text, summary.stopText]).toEqual(["", "😀"]);
  });

  it("counts the tokens of the prompt that it read", async () => {
    const long = { prompt: [0, 1, 2, 3, 0, 1, 2], contextSize: 4 };
    const cut = await run(untilEnd, { overflow: "truncate-left", maxTokens: 1 }, long);
    expect(cut.summary).toMatchObject({ promptTokens: 4, droppedTokens: 3 });
    expect((await run(untilEnd, { maxTokens: 0 })).summary.promptTokens).toBe(0);
    const aborted = await run(untilEnd, { signal: AbortSignal.abort() });
    expect(aborted.summary).toMatchObject({ finishReason: "interrupted", promptTokens: 0 });
  });

  it("asks for no more tokens once a stop text is complete", async () => {
    const { source } = await run(untilEnd, { stop: ["three"] });
    expect(source.appended).toEqual([[0], [1]]);
  });

  it("says stop where the last token completes a stop text", async () => {
    expect((await run(untilEnd, { stop: ["two"], maxTokens: 1 })).summary.finishReason).toBe("stop");
  });

  it("never writes a banned text", async () => {
    const plain = await run(untilEnd);
    expect(plain.text).toContain("two three");
    const { tokens, text } = await run(untilEnd, { ban: ["o three", "😀"] });
    expect(text).not.toContain("two three");
    expect(text).not.toContain("😀");
    expect(tokens.map(({ id }) => id)).toEqual([1, 3, 3, 4]);
  });

  it("allows what is banned in the prompt, and together with the prompt", async () => {
    expect((await run(untilEnd, { ban: ["one", "one two"] })).text).toBe(plainText);
  });

  it("chooses no id that is padding, which the tokenizer does not know", async () => {
    const small = new ByteTokenizer(pieces.slice(0, 4));
    const { text } = await run([1, 4, 2], { maxTokens: 3 }, { tokenizer: small, endOfTextIds: [] });
    expect(text).toBe(" twoone three");
  });

  it("bans the tokens that end a text where they are to be ignored", async () => {
    const options = { ignoreEos: true, maxTokens: 6, logitBias: new Map([[end, 100]]) };
    const { text, summary } = await run([1, end, 2, end], options);
    expect(text).toBe(" twoone threeoneoneone");
    expect(summary.finishReason).toBe("length");
  });

  it("hands on log-probabilities, also of tokens that are held, and how it went", async () => {
    const { tokens, summary } = await run(untilEnd, { logprobs: 1, promptLogprobs: true });
    expect(tokens.map(({ id, logprobs }) => [id, logprobs?.top[0]?.id])).toEqual(
      [1, 2, 3, 4, 5].map((id) => [id, id]),
    );
    expect(summary).toMatchObject({ promptLogprobs: [null], droppedTokens: 0, reusedTokens: 0 });
    const stopped = await run(untilEnd, { stop: ["three"], promptLogprobs: true });
    expect(stopped.summary).toMatchObject({ finishReason: "stop", promptLogprobs: [null], droppedTokens: 0 });
  });

  it("yields ids with empty texts where there is no tokenizer", async () => {
    const { tokens, summary } = await run(untilEnd, {}, { tokenizer: undefined });
    expect(tokens).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, text: "" })));
    expect(summary.finishReason).toBe("eos");
  });
});

const plainText = " two three\n😀";
