import { describe, expect, it } from "vitest";
import { beamSearch } from "../../../src/generate/beams/beam-search.ts";
import { anything } from "../../../src/generate/cursor.ts";
import { FakeSource, hashedLogits } from "../fake-source.ts";
import { resolveSettings } from "../resolve-settings.ts";
import { run } from "./beam-search-run.ts";

const descendants = (source: FakeSource): FakeSource[] =>
  source.forks.flatMap((fork) => [fork, ...descendants(fork)]);

describe("beamSearch and its sources", () => {
  it("runs the prompt once, keeps what the source holds of it, and leaves it there", async () => {
    const source = new FakeSource(hashedLogits(6));
    await source.append([0, 1, 5]);
    const { reusedTokens } = await run(source, 6, { maxTokens: 4 }, { prompt: [0, 1, 2, 3] });
    expect(reusedTokens).toBe(2);
    expect(source.appended).toEqual([
      [0, 1, 5],
      [2, 3],
    ]);
    expect(source.ids).toEqual([0, 1, 2, 3]);
    expect(source.closed).toBe(false);
  });

  it("runs every beam once a token, and forks no more than texts part", async () => {
    const source = new FakeSource(hashedLogits(6));
    await run(source, 6, { beams: 3, maxTokens: 5 });
    const forks = descendants(source);
    expect(forks.flatMap(({ appended }) => appended)).toHaveLength(4 * 3);
    expect(forks.length).toBeLessThanOrEqual(3 + 2 * 3);
  });

  it("closes every fork at the end, on an error, where memory is full, and when it is left early", async () => {
    const sources: FakeSource[] = [];
    const make = () => {
      const source = new FakeSource(hashedLogits(6));
      sources.push(source);
      return source;
    };
    await run(make(), 6, { maxTokens: 6 });

    const broken = new FakeSource((ids) =>
      ids.length > 3 ? [Number.NaN, 1, 1, 1, 1, 1] : hashedLogits(6)(ids, 0),
    );
    sources.push(broken);
    await expect(run(broken, 6, {})).rejects.toThrow("weights are damaged");

    const full = make();
    let forks = 0;
    const fork = full.fork.bind(full);
    full.fork = () => {
      if (++forks > 2) throw new Error("memory is full");
      return fork();
    };
    await expect(run(full, 6, {})).rejects.toThrow("memory is full");

    const settings = resolveSettings({ beams: 3, maxTokens: 6 }, 6);
    const left = beamSearch(make(), { prompt: [0], endOfTextIds: [], cursor: anything, settings });
    await left.next();
    await left.return({ finishReason: "length", promptTokens: 1, droppedTokens: 0, reusedTokens: 0 });

    for (const source of sources) {
      expect(source.closed).toBe(false);
      expect(source.forks.length).toBeGreaterThan(0);
      expect(descendants(source).filter(({ closed }) => !closed)).toEqual([]);
    }
  });

  it("gives the best text so far where it is interrupted or the time is over", async () => {
    const logits = hashedLogits(6);
    const controller = new AbortController();
    let passes = 0;
    const source = new FakeSource((ids) => {
      if (++passes === 8) controller.abort();
      return logits(ids, 0);
    });
    const { signal } = controller;
    const cut = await run(source, 6, { maxTokens: 30, signal });
    const whole = await run(new FakeSource(logits), 6, { maxTokens: 3 });
    expect(cut).toMatchObject({ ids: whole.ids, score: whole.score, finishReason: "interrupted" });
    expect(descendants(source).every(({ closed }) => closed)).toBe(true);

    const late = await run(new FakeSource(logits), 6, { maxTokens: 1000, maxTime: 1e-6 });
    expect(late).toMatchObject({ finishReason: "time" });
  });

  it("has no text and no score where it is interrupted before the first token", async () => {
    const result = await run(new FakeSource(hashedLogits(6)), 6, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ ids: [], finishReason: "interrupted" });
    expect(result).not.toHaveProperty("score");
  });
});
