import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { Context } from "../../src/generate/context.ts";
import { Limit } from "../../src/generate/limit.ts";
import type { Overflow } from "../../src/generate/options/options.ts";
import { FakeSource, hashedLogits } from "./fake-source.ts";

const unlimited = new Limit({ maxTime: undefined, signal: undefined });
const logitsOf = hashedLogits(10);
const range = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

interface Wish {
  readonly overflow?: Overflow;
  readonly maxTokens?: number;
  readonly keepFirst?: boolean;
}

function contextOf(source: FakeSource, prompt: readonly number[], wish: Wish = {}): Context {
  const { overflow = "error", maxTokens = 5, keepFirst = false } = wish;
  return new Context(source, prompt, { overflow, maxTokens }, keepFirst);
}

describe("Context", () => {
  it("runs a prompt at once, then what is new", async () => {
    const source = new FakeSource(logitsOf);
    const context = contextOf(source, [1, 2, 3]);
    expect(await context.logits(unlimited)).toEqual(Float32Array.from(logitsOf([1, 2, 3], 0)));
    context.push(4);
    expect(await context.logits(unlimited)).toEqual(Float32Array.from(logitsOf([1, 2, 3, 4], 0)));
    expect(source.appended).toEqual([[1, 2, 3], [4]]);
    expect(context).toMatchObject({
      length: 4,
      counts: { promptTokens: 3, droppedTokens: 0, reusedTokens: 0 },
    });
  });

  it.each([
    { held: [1, 2, 3], prompt: [1, 2, 3, 4, 5], run: [4, 5], reused: 3 },
    { held: [1, 2, 3], prompt: [1, 2, 3], run: [3], reused: 2 },
    { held: [1, 2, 3, 4], prompt: [1, 2], run: [2], reused: 1 },
    { held: [1, 2, 3, 4], prompt: [1, 2, 9, 4], run: [9, 4], reused: 2 },
    { held: [7], prompt: [1, 2], run: [1, 2], reused: 0 },
    { held: [1], prompt: [1], run: [1], reused: 0 },
  ])("runs $run of $prompt where the source holds $held", async ({ held, prompt, run, reused }) => {
    const source = new FakeSource(logitsOf);
    await source.append(held);
    const context = contextOf(source, prompt);
    expect(await context.logits(unlimited)).toEqual(Float32Array.from(logitsOf(prompt, 0)));
    expect(source.appended.slice(1)).toEqual([run]);
    expect(source.ids).toEqual(prompt);
    expect(context.counts.reusedTokens).toBe(reused);
  });

  it.each([0, 1, 2, 16, 17, 40])("scores a prompt of %i ids and one, from the start", async (following) => {
    const source = new FakeSource(logitsOf);
    const prompt = range(following + 1).map((i) => (i * 7) % 10);
    await source.append(prompt.slice(0, 10));
    const context = contextOf(source, prompt);
    const scored: { id: number; logits: number[] }[] = [];
    for await (const { id, logits } of context.scored(unlimited)) scored.push({ id, logits: [...logits] });
    expect(scored).toEqual(
      prompt.slice(1).map((id, i) => ({
        id,
        logits: [...Float32Array.from(logitsOf(prompt.slice(0, i + 1), 0))],
      })),
    );
    expect(context.counts.reusedTokens).toBe(0);
    expect(source.ids).toEqual(prompt.slice(0, -1));
    await context.logits(unlimited);
    expect(source.appended.at(-1)).toEqual(prompt.slice(-1));
  });

  it("refuses an empty prompt, and one that is too long where nothing may be dropped", () => {
    expect(() => contextOf(new FakeSource(logitsOf, 4), [])).toThrow(GptError);
    expect(() => contextOf(new FakeSource(logitsOf, 4), range(5))).toThrow(
      "the prompt has 5 tokens, the context holds 4, so 1 is too many: ",
    );
    expect(contextOf(new FakeSource(logitsOf, 4), range(4)).length).toBe(4);
  });

  it("advises a larger context only where the model has one", () => {
    const remedyIn = (contextSize: number, nPositions: number) => () =>
      contextOf(new FakeSource(logitsOf, contextSize, nPositions), range(10));
    expect(remedyIn(4, 8)).toThrow("shorten it, raise contextSize (this model's goes to 8), or set overflow");
    expect(remedyIn(4, 4)).toThrow("are too many: shorten it, or set overflow to truncate-left");
  });
});

describe("Context with truncate-left", () => {
  const overflow = "truncate-left";
  async function kept(prompt: readonly number[], wish: Wish, contextSize = 10) {
    const source = new FakeSource(logitsOf, contextSize);
    const context = contextOf(source, prompt, { overflow, ...wish });
    await context.logits(unlimited);
    return { ids: source.ids, dropped: context.counts.droppedTokens };
  }

  it("drops nothing of a prompt that fits, even where no room is left", async () => {
    expect(await kept(range(10), { maxTokens: 100 })).toEqual({ ids: range(10), dropped: 0 });
  });

  it("leaves as much as makes room for maxTokens, the last of which needs no place", async () => {
    expect(await kept(range(20), { maxTokens: 1 })).toEqual({ ids: range(10, 10), dropped: 10 });
    expect(await kept(range(20), { maxTokens: 4 })).toEqual({ ids: range(7, 13), dropped: 13 });
    expect(await kept(range(20), { maxTokens: 0 })).toEqual({ ids: range(10, 10), dropped: 10 });
  });

  it("leaves at least half the context", async () => {
    expect(await kept(range(20), { maxTokens: 100 })).toEqual({ ids: range(5, 15), dropped: 15 });
    expect(await kept(range(20), { maxTokens: 100 }, 7)).toEqual({ ids: range(4, 16), dropped: 16 });
  });

  it("keeps the first id where it begins the text", async () => {
    const wish = { maxTokens: 4, keepFirst: true };
    expect(await kept(range(20), wish)).toEqual({ ids: [0, ...range(6, 14)], dropped: 13 });
  });

  it("works in the smallest contexts", async () => {
    expect(await kept(range(5), { keepFirst: true }, 1)).toEqual({ ids: [4], dropped: 4 });
    expect(await kept(range(5), { keepFirst: true }, 2)).toEqual({ ids: [0, 4], dropped: 3 });
  });

  it("has no room beyond the context", () => {
    const context = contextOf(new FakeSource(logitsOf, 3), range(3), { overflow });
    expect(context.makeRoom()).toBe(true);
    context.push(3);
    expect(context.makeRoom()).toBe(false);
    expect(context.counts.droppedTokens).toBe(0);
  });
});

describe("Context with shift", () => {
  const overflow = "shift";

  it("goes on with the younger half", async () => {
    const source = new FakeSource(logitsOf, 6);
    const context = contextOf(source, range(6), { overflow });
    await context.logits(unlimited);
    context.push(6);
    expect(context.makeRoom()).toBe(true);
    expect(context).toMatchObject({ length: 3, counts: { droppedTokens: 4 } });
    expect(await context.logits(unlimited)).toEqual(Float32Array.from(logitsOf([4, 5, 6], 0)));
    expect(source.appended).toEqual([range(6), [4, 5, 6]]);
  });

  it("keeps the first id where it begins the text", async () => {
    const source = new FakeSource(logitsOf, 6);
    const context = contextOf(source, range(6), { overflow, keepFirst: true });
    await context.logits(unlimited);
    context.push(6);
    expect(context.makeRoom()).toBe(true);
    await context.logits(unlimited);
    expect(source.ids).toEqual([0, 5, 6]);
    expect(source.appended).toEqual([range(6), [5, 6]]);
  });

  it.each([1, 2, 3, 4])(
    "goes on and on in a context of %i, and counts everything it dropped",
    async (size) => {
      for (const keepFirst of [false, true]) {
        const source = new FakeSource(logitsOf, size);
        const context = contextOf(source, [0], { overflow, keepFirst });
        for (const id of range(50, 1)) {
          expect(context.makeRoom()).toBe(true);
          await context.logits(unlimited);
          expect(source.ids.at(-1)).toBe(id - 1);
          if (keepFirst && size > 1) expect(source.ids[0]).toBe(0);
          context.push(id);
        }
        expect(context.length + context.counts.droppedTokens).toBe(51);
      }
    },
  );
});
