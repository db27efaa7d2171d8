import { describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../src/generate/options/options.ts";
import { generateText } from "../../src/text/generate-text.ts";
import { resolveSettings } from "../generate/resolve-settings.ts";
import { ScriptedSource } from "../generate/scripted-source.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

const pieces = [
  "a",
  "b",
  "ab",
  "[",
  "]",
  ",",
  "long",
  " name",
  '": ',
  "l",
  "o",
  "n",
  "g",
  " ",
  '"',
  ":",
  "<end>",
];
const end = pieces.length - 1;
const tokenizer = new ByteTokenizer(pieces, { endOfTextIds: [end] });
const LISTS = 'root ::= "[" (item ("," item)*)? "]"\nitem ::= "a" | "b" | root';

async function run(options: GenerateOptions, script: readonly number[] = [], contextSize = 200) {
  const source = new ScriptedSource(script, pieces.length, contextSize);
  const settings = resolveSettings({ temperature: 0, seed: 3, ...options }, pieces.length);
  const generation = generateText(source, { prompt: [0], settings, endOfTextIds: [end], tokenizer });
  let text = "";
  for (;;) {
    const { value, done } = await generation.next();
    if (done) return { text, source, ...value };
    text += value.text;
  }
}

describe("a text under a grammar", () => {
  it("ends once nothing can follow", async () => {
    const { text, finishReason, stopText } = await run({ grammar: LISTS }, [3, 4]);
    expect([text, finishReason, stopText]).toEqual(["[]", "stop", undefined]);
  });

  it("may end by the model where the grammar allows it, and nowhere else", async () => {
    const { text, finishReason } = await run({ regex: "b+" }, [end, end, end]);
    expect([text, finishReason]).toEqual(["b", "eos"]);
  });

  it.each([2, 3, 4, 5, 8, 20, 31])("is closed within %i tokens", async (maxTokens) => {
    for (let seed = 0; seed < 40; seed++) {
      const { text, finishReason } = await run({
        grammar: LISTS,
        maxTokens,
        temperature: 3,
        topK: 0,
        minP: 0,
        topP: 1,
        seed,
      });
      expect(JSON.parse(text.replace(/[ab]/g, "1"))).toBeInstanceOf(Array);
      expect(["stop", "length"]).toContain(finishReason);
    }
  });

  it("is closed before the context is full", async () => {
    const { text, finishReason } = await run({ grammar: LISTS }, [3, 3, 3, 3, 3, 3, 3, 3, 3, 3], 8);
    expect([text, finishReason]).toEqual(["[[[[]]]]", "length"]);
  });

  it.each([2, 3, 6, 12])("is closed within %i tokens of beam search", async (maxTokens) => {
    const { text } = await run({ grammar: LISTS, maxTokens, beams: 3 }, Array(60).fill(3));
    expect(JSON.parse(text.replace(/[ab]/g, "1"))).toBeInstanceOf(Array);
  });

  it("is refused if the shortest text is too long", async () => {
    const problem = "the shortest text that the grammar allows has 3 tokens, and there is room for 2";
    await expect(run({ choices: ["aaa"], maxTokens: 2 })).rejects.toThrow(problem);
    await expect(run({ choices: ["aaa"], maxTokens: 2, beams: 2 })).rejects.toThrow(problem);
  });

  it("what must follow is written without asking the model", async () => {
    const forced = { grammar: 'root ::= [ab] "long name\\": " [ab]' };
    const { text, source } = await run(forced);
    expect(text).toBe('along name": a');
    // The prompt; the choice and two forced ids; the last forced id, which a longer token could replace.
    expect(source.appended.map((ids) => ids.length)).toEqual([1, 3, 1]);
    const report = await run({ ...forced, logprobs: 0 });
    expect(report.text).toBe(text);
    expect(report.source.appended).toHaveLength(5);
  });

  it("keeps bans too, and is refused where they contradict", async () => {
    expect((await run({ choices: ["ab", "b"], ban: ["a"] }, [2])).text).toBe("b");
    await expect(run({ choices: ["ab"], ban: ["ab"] })).rejects.toThrow("all 17 tokens are banned");
  });

  it("is the same with guesses", async () => {
    const options = { grammar: LISTS, temperature: 2, seed: 5, maxTokens: 25 };
    expect((await run({ ...options, lookup: 4 })).text).toBe((await run(options)).text);
  });

  it("two grammars are refused", async () => {
    await expect(run({ choices: ["a"], regex: "a" })).rejects.toThrow(
      "regex and choices each say what the whole text is",
    );
  });
});
