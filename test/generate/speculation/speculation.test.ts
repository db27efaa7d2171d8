import { describe, expect, it } from "vitest";
import type { Cursor } from "../../../src/generate/cursor.ts";
import { generate } from "../../../src/generate/generate.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import type { Drafter } from "../../../src/generate/speculation/drafter.ts";
import { lookupDrafter } from "../../../src/generate/speculation/lookup-drafter.ts";
import { ModelDrafter } from "../../../src/generate/speculation/model-drafter.ts";
import { SpeculativeSource } from "../../../src/generate/speculation/speculative-source.ts";
import { FakeSource, hashedLogits, type LogitsOf } from "../fake-source.ts";
import { resolveSettings } from "../resolve-settings.ts";

const vocabSize = 6;
const hashed = hashedLogits(vocabSize);

/** Depends on the last two ids only, so that texts repeat themselves. */
const repetitive: LogitsOf = (ids) => hashed(ids.slice(-2), 0);

describe("lookupDrafter", () => {
  const cases: [name: string, ids: number[], most: number, guesses: number[]][] = [
    ["what followed", [1, 2, 3, 4, 1, 2], 2, [3, 4]],
    ["the latest of equals", [1, 2, 3, 1, 2, 4, 1, 2], 1, [4]],
    ["the longest match", [9, 1, 2, 3, 8, 1, 2, 4, 9, 1, 2], 1, [3]],
    ["a loop that goes on", [7, 7, 7], 4, [7, 7, 7, 7]],
    ["what followed, again and again", [1, 2, 3, 1, 2], 5, [3, 1, 2, 3, 1]],
    ["nothing after a single id that occurred before", [1, 2, 3, 1], 4, []],
    ["nothing where all is new", [1, 2, 3], 4, []],
    ["nothing after one id", [1], 4, []],
  ];
  it.each(cases)("guesses %s", async (_, ids, most, guesses) => {
    expect(await lookupDrafter.draft(ids, most, undefined)).toEqual(guesses);
  });

  it("compares no more than it must in a long loop", async () => {
    const ids = Array.from({ length: 100_000 }, (_, i) => i % 2);
    expect(await lookupDrafter.draft(ids, 3, undefined)).toEqual([0, 1, 0]);
  });
});

describe("a draft model", () => {
  it("guesses what it finds likeliest, and runs only what it does not hold", async () => {
    const source = new FakeSource((ids) =>
      Array.from({ length: 5 }, (_, id) => -((id - (ids.at(-1) ?? 0) + 4) % 5)),
    );
    const draft = new ModelDrafter({ createSession: () => source });
    expect(await draft.draft([0, 1], 3, undefined)).toEqual([2, 3, 4]);
    expect(await draft.draft([0, 1, 2, 0], 1, undefined)).toEqual([1]);
    expect(source.appended).toEqual([[0, 1], [2], [3], [0]]);
    await draft.close();
    expect(source.closed).toBe(true);
  });

  it("guesses as far as its context goes", async () => {
    const draft = new ModelDrafter({ createSession: () => new FakeSource(hashed, 4) });
    expect(await draft.draft([0, 1, 2], 5, undefined)).toHaveLength(2);
    expect(await draft.draft([0, 1, 2, 3, 4], 5, undefined)).toEqual([]);
  });
});

/** Ends the text after 25 ids. */
function complete25(banned: readonly number[], count = 0): Cursor {
  const after = (id: number) => (banned.includes(id) ? undefined : complete25(banned, count + 1));
  return { after, complete: count === 25 };
}

describe("speculation", () => {
  /** The ids with everything that is reported about them, and what the source holds in the end. */
  async function run(logitsOf: LogitsOf, options: GenerateOptions, banned: readonly number[] = []) {
    const source = new FakeSource(logitsOf, 40);
    const settings = resolveSettings({ seed: 4, topP: 1, minP: 0, ...options }, vocabSize);
    const cursor = complete25(banned);
    const request = { prompt: [0, 1, 2, 0, 1], keepFirst: true, settings, endOfTextIds: [5], cursor };
    const generation = generate(source, request);
    const tokens = [];
    for (;;) {
      const { value, done } = await generation.next();
      if (!done) tokens.push(value);
      else {
        const { draftedTokens, acceptedTokens, ...outcome } = value;
        return {
          text: { tokens, outcome, ids: source.ids },
          passes: source.appended.length,
          draftedTokens,
          acceptedTokens,
        };
      }
    }
  }

  const draft = { createSession: () => new FakeSource(repetitive, 30) };
  const guessing: GenerateOptions[] = [{ lookup: 1 }, { lookup: 5 }, { draft }, { draft, draftMax: 2 }];
  const sampling: GenerateOptions[] = [
    { temperature: 0 },
    { temperature: 1.5 },
    { temperature: 0.7, topK: 3, repeatPenalty: 1.3 },
    { temperature: 2, maxTokens: 7, logprobs: 3, promptLogprobs: true },
    { temperature: 0, ignoreEos: true, logitBias: new Map([[5, -Infinity]]) },
    { temperature: 1, logitBias: new Map([[5, -Infinity]]), maxTokens: 200 },
    { temperature: 1, logitBias: new Map([[5, -Infinity]]), maxTokens: 20, overflow: "shift" },
  ];
  it.each(guessing.flatMap((guesses) => sampling.map((options) => ({ guesses, options }))))(
    "changes nothing: $guesses, $options",
    async ({ guesses, options }) => {
      for (const logitsOf of [hashed, repetitive]) {
        for (const banned of [[], [3]]) {
          const plain = await run(logitsOf, options, banned);
          const guessed = await run(logitsOf, { ...options, ...guesses }, banned);
          expect(guessed.text).toEqual(plain.text);
          expect(guessed.passes).toBeLessThanOrEqual(plain.passes);
        }
      }
    },
  );

  it("saves passes where the guesses are right, and counts them", async () => {
    const options = { temperature: 0, logitBias: new Map([[5, -Infinity]]), maxTokens: 20 };
    const plain = await run(repetitive, options);
    for (const guesses of [{ lookup: 8 }, { draft }]) {
      const {
        passes,
        draftedTokens = 0,
        acceptedTokens = 0,
      } = await run(repetitive, { ...options, ...guesses });
      expect(passes).toBe(plain.passes - acceptedTokens);
      expect(acceptedTokens).toBeGreaterThan(10);
      expect(draftedTokens).toBeGreaterThanOrEqual(acceptedTokens);
    }
    expect(plain).not.toHaveProperty("text.outcome.draftedTokens");
  });

  it("guesses more where guesses are right, fewer where they are wrong, and never beyond the context", async () => {
    const asked: number[] = [];
    let right = true;
    const drafter: Drafter = {
      draft: async (ids, most) => {
        asked.push(most);
        const last = ids.at(-1) ?? 0;
        return Array.from({ length: most }, (_, i) => (right ? last + i + 1 : 99));
      },
      close: async () => {},
    };
    const source = new FakeSource(() => [0], 60);
    const speculative = new SpeculativeSource(source, drafter, 6);
    for (let id = 0; id < 40; id++) await speculative.append([id]);
    expect(asked.slice(0, 4)).toEqual([3, 5, 6, 6]);
    right = false;
    asked.length = 0;
    for (let id = 40; id < 60; id++) await speculative.append([id]);
    expect(asked.slice(0, 7)).toEqual([6, 5, 4, 3, 2, 1, 1]);
    expect(asked.slice(-3)).not.toContain(2);
    expect(speculative.ids).toEqual(Array.from({ length: 60 }, (_, id) => id));
    await speculative.settle();
    expect(source.ids).toEqual(speculative.ids);
  });

  it("leaves an aborted append without effect", async () => {
    const source = new FakeSource(repetitive, 40);
    const speculative = new SpeculativeSource(source, lookupDrafter, 4);
    await speculative.append([1, 2, 1]);
    await speculative.append([2]);
    const held = speculative.ids;
    for (const id of [1, 3]) {
      await expect(speculative.append([id], { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
      expect(speculative.ids).toEqual(held);
    }
    speculative.truncate(2);
    expect(speculative.ids).toEqual([1, 2]);
    expect(speculative.fork().ids).toEqual([1, 2]);
  });
});
