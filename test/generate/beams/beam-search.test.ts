import { describe, expect, it } from "vitest";
import { anything, type Cursor } from "../../../src/generate/cursor.ts";
import { generate } from "../../../src/generate/generate.ts";
import { exhaustiveSearch, beamSearch as reference } from "../../reference/beam-search.ts";
import { FakeSource, hashedLogits, type LogitsOf } from "../fake-source.ts";
import { resolveSettings } from "../resolve-settings.ts";
import { run } from "./beam-search-run.ts";

/** A source that knows the probabilities after some texts; after the others all tokens are equally likely. */
function bookSource(
  probabilities: Readonly<Record<string, readonly number[]>>,
  vocabSize: number,
  contextSize?: number,
) {
  const logitsOf: LogitsOf = (ids) => {
    const known = probabilities[ids.slice(1).join(" ")];
    return (known ?? new Array(vocabSize).fill(1 / vocabSize)).map(Math.log);
  };
  return new FakeSource(logitsOf, contextSize);
}

const lengthPenalties = [-1, 0, 0.5, 1, 2];
const earlyStoppings = [true, false, "never"] as const;

describe("beamSearch", () => {
  it("finds a text that greedy choice misses", async () => {
    const book = { "": [0.1, 0.5, 0.4], "1": [0.4, 0.3, 0.3], "2": [0.05, 0.9, 0.05] };
    const { ids, score, finishReason } = await run(bookSource(book, 3), 3, { beams: 2, maxTokens: 2 });
    expect(ids).toEqual([2, 1]);
    expect(score).toBeCloseTo(Math.log(0.4 * 0.9) / 2, 6);
    expect(finishReason).toBe("length");
  });

  it("chooses as greedy search does where there is one beam", async () => {
    for (let first = 0; first < 20; first++) {
      const logits = hashedLogits(30);
      const request = { prompt: [first], endOfTextIds: [3, 8] };
      const beam = await run(new FakeSource(logits), 30, { beams: 1, maxTokens: 12 }, request);
      const settings = resolveSettings({ temperature: 0, maxTokens: 12 }, 30);
      const greedy: number[] = [];
      const generation = generate(new FakeSource(logits), { ...request, cursor: anything, settings });
      let step = await generation.next();
      for (; !step.done; step = await generation.next()) greedy.push(step.value.id);
      expect(beam).toMatchObject({ ids: greedy, finishReason: step.value.finishReason });
    }
  });

  it("follows every rule of the plain reference, for all penalties and ways to stop", async () => {
    const results = new Map<string, string>();
    for (let first = 0; first < 12; first++) {
      const logits = hashedLogits(7);
      for (const beams of [1, 2, 3, 5]) {
        for (const lengthPenalty of lengthPenalties) {
          for (const earlyStopping of earlyStoppings) {
            const endOfText = first % 2 ? [2] : [2, 5];
            const options = { beams, maxTokens: 9, lengthPenalty, earlyStopping };
            const found = await run(new FakeSource(logits), 7, options, {
              prompt: [first, 1],
              endOfTextIds: endOfText,
            });
            const expected = reference((ids) => logits(ids, 0), [first, 1], { ...options, endOfText });
            expect(found.ids).toEqual(expected.ids);
            expect(found.score).toBeCloseTo(expected.score, 9);
            results.set(`${first} ${beams} ${lengthPenalty} ${earlyStopping}`, found.ids.join(" "));
          }
        }
      }
    }
    // What is varied matters: else the comparison would prove nothing.
    const differ = (a: string, b: string) =>
      [...results].some(([key, text]) => key.includes(a) && results.get(key.replace(a, b)) !== text);
    expect(differ(" true", " false")).toBe(true);
    expect(differ(" false", " never")).toBe(true);
    expect(differ(" -1 ", " 0 ")).toBe(true);
    expect(differ(" 1 ", " 2 ")).toBe(true);
  });

  it("finds the best of all texts where there are beams for all of them", async () => {
    for (const lengthPenalty of lengthPenalties) {
      for (const earlyStopping of earlyStoppings) {
        const logits = hashedLogits(4);
        const options = { beams: 64, maxTokens: 4, lengthPenalty, earlyStopping };
        const best = exhaustiveSearch((ids) => logits(ids, 0), [9], { ...options, endOfText: [3] });
        const found = await run(new FakeSource(logits), 4, options, { prompt: [9], endOfTextIds: [3] });
        expect(found.ids).toEqual(best.ids);
        expect(found.score).toBeCloseTo(best.score, 9);
      }
    }
  });

  it("takes the earlier beam and then the lower id among equals", async () => {
    const source = new FakeSource(() => [0, 0, 0, 0]);
    expect(await run(source, 4, { beams: 2, maxTokens: 3 })).toMatchObject({ ids: [0, 0, 0] });
  });

  it("favours long texts with a penalty above 0, short ones below", async () => {
    // To end at once has probability 0.3; every longer text loses a little with each token.
    const source = () =>
      bookSource({ "": [0.3, 0.6, 0.1], "1": [0.4, 0.5, 0.1], "1 1": [0.9, 0.05, 0.05] }, 3);
    const search = (lengthPenalty: number) =>
      run(
        source(),
        3,
        { beams: 2, maxTokens: 5, lengthPenalty, earlyStopping: "never" },
        { endOfTextIds: [0] },
      );
    expect(await search(-1)).toMatchObject({ ids: [], finishReason: "eos" });
    expect((await search(-1)).score).toBeCloseTo(Math.log(0.3), 6);
    expect(await search(1)).toMatchObject({ ids: [1, 1], finishReason: "eos" });
    expect((await search(1)).score).toBeCloseTo(Math.log(0.6 * 0.5 * 0.9) / 3, 6);
  });

  it("ends with early stopping once there are as many finished texts as beams, though a better one is near", async () => {
    const book = { "": [0.5, 0.3, 0.2], "1": [0.4, 0.1, 0.5], "1 2": [0.9, 0.05, 0.05] };
    const search = (earlyStopping: boolean) => {
      const options = { beams: 2, maxTokens: 6, lengthPenalty: 2, earlyStopping };
      return run(bookSource(book, 3), 3, options, { endOfTextIds: [0] });
    };
    expect((await search(true)).ids).toEqual([1]);
    expect((await search(true)).score).toBeCloseTo(Math.log(0.3 * 0.4) / 2 ** 2, 6);
    expect((await search(false)).ids).toEqual([1, 2]);
    expect((await search(false)).score).toBeCloseTo(Math.log(0.3 * 0.5 * 0.9) / 3 ** 2, 6);
  });

  it("stays within the context: its last token needs no place", async () => {
    const source = new FakeSource(hashedLogits(5), 4);
    const { ids, finishReason } = await run(source, 5, { maxTokens: 50 }, { prompt: [1, 2] });
    expect(ids).toHaveLength(3);
    expect(finishReason).toBe("context");
  });

  it("refuses a prompt that does not fit, and drops its start where it may", async () => {
    const logits = hashedLogits(5);
    const prompt = [1, 2, 3, 4, 0, 1];
    await expect(run(new FakeSource(logits, 4), 5, {}, { prompt })).rejects.toThrow(
      "the prompt has 6 tokens",
    );
    const source = new FakeSource(logits, 4);
    const options = { overflow: "truncate-left", maxTokens: 2 } as const;
    expect(await run(source, 5, options, { prompt })).toMatchObject({ droppedTokens: 3 });
    expect(source.ids).toEqual([4, 0, 1]);
  });

  it("runs nothing for maxTokens 0", async () => {
    const source = new FakeSource(hashedLogits(5));
    expect(await run(source, 5, { maxTokens: 0 })).toMatchObject({ ids: [], finishReason: "length" });
    expect(source.appended).toEqual([]);
  });
});

describe("beamSearch and what may follow", () => {
  /** Texts are complete with one of some ids; others never follow. */
  const cursorOf = (complete: readonly number[], banned: readonly number[]): Cursor => {
    const open: Cursor = { complete: false, after };
    const closed: Cursor = { complete: true, after };
    function after(id: number): Cursor | undefined {
      if (banned.includes(id)) return undefined;
      return complete.includes(id) ? closed : open;
    }
    return open;
  };

  it("finishes a text that is complete, with the id that completes it", async () => {
    for (let first = 0; first < 10; first++) {
      const logits = hashedLogits(8);
      const options = { beams: 3, maxTokens: 7 };
      const request = { prompt: [first] };
      const stopped = await run(new FakeSource(logits), 8, options, {
        ...request,
        cursor: cursorOf([2, 4, 6], []),
      });
      const ended = await run(new FakeSource(logits), 8, options, { ...request, endOfTextIds: [2, 4, 6] });
      expect(stopped.score).toBe(ended.score);
      expect(ended.finishReason === "eos").toBe(stopped.finishReason === "stop");
      expect(stopped.ids.slice(0, ended.ids.length)).toEqual(ended.ids);
    }
  });

  it("searches as if what may not follow did not exist", async () => {
    for (let first = 0; first < 10; first++) {
      const logits = hashedLogits(8);
      const bias = new Map([1, 3, 5, 7].map((id) => [id, -Infinity]));
      const request = { prompt: [first], endOfTextIds: [2] };
      const refused = await run(
        new FakeSource(logits),
        8,
        { beams: 2 },
        { ...request, cursor: cursorOf([], [1, 3, 5, 7]) },
      );
      const banned = await run(new FakeSource(logits), 8, { beams: 2, logitBias: bias }, request);
      expect(refused.ids.some((id) => id % 2)).toBe(false);
      expect(refused).toEqual({ ...banned, promptMs: refused.promptMs });
    }
  });

  it("goes on with fewer beams where there is not enough to choose from", async () => {
    const bias = new Map([0, 1, 2, 3].map((id) => [id, -Infinity]));
    const source = new FakeSource(hashedLogits(5));
    expect(await run(source, 5, { beams: 4, maxTokens: 3, logitBias: bias })).toMatchObject({
      ids: [4, 4, 4],
    });
  });

  it("says so where every token is banned", async () => {
    const source = new FakeSource(hashedLogits(3));
    await expect(run(source, 3, {}, { cursor: cursorOf([], [0, 1, 2]) })).rejects.toThrow(
      "all 3 tokens are banned",
    );
  });

  it("applies bias, repetition and its penalties to log-probabilities, prompt included", async () => {
    const source = () => bookSource({ "": [0.5, 0.3, 0.2] }, 3);
    const one = { beams: 2, maxTokens: 1 };
    const bias = new Map([[2, 2]]);
    expect((await run(source(), 3, { ...one, logitBias: bias })).score).toBeCloseTo(Math.log(0.2) + 2, 6);
    expect((await run(source(), 3, { ...one, repeatPenalty: 3 })).score).toBeCloseTo(Math.log(0.3), 6);
    const penalized = { ...one, repeatPenalty: 1.5, logitBias: new Map([[1, -9]]) };
    expect((await run(source(), 3, penalized)).score).toBeCloseTo(1.5 * Math.log(0.5), 6);
    expect((await run(source(), 3, { ...one, noRepeatNgramSize: 1 })).ids).toEqual([1]);
  });
});
