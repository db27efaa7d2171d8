import { describe, expect, it } from "vitest";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import { Sampler } from "../../../src/generate/sampling/sampler.ts";
import { TestRandom } from "../../reference/random.ts";
import * as reference from "../../reference/sampling.ts";
import { resolveSettings } from "../resolve-settings.ts";

const everything: GenerateOptions = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1 };

const samplerFor = (options: GenerateOptions, vocabSize = 1000) =>
  new Sampler(resolveSettings(options, vocabSize));

/** Samples the same logits again and again. */
function draws(options: GenerateOptions, logits: readonly number[], count: number): number[] {
  const sampler = samplerFor(options, logits.length);
  return Array.from({ length: count }, () => sampler.sample(Float32Array.from(logits), []));
}

/** Pearson's statistic of the draws against these probabilities. */
function chiSquared(drawn: readonly number[], probabilities: ReadonlyMap<number, number>): number {
  const terms = Array.from(probabilities, ([id, probability]) => {
    const expected = probability * drawn.length;
    return (drawn.filter((other) => other === id).length - expected) ** 2 / expected;
  });
  return terms.reduce((a, b) => a + b, 0);
}

const logits = [1.5, 0.3, -0.2, 2.1, 1.5, -4, 0.9, 2];

describe("Sampler", () => {
  it("at temperature 0 takes the likeliest token, the lowest id among equals", () => {
    const random = new TestRandom(3);
    for (let row = 0; row < 50; row++) {
      const values = random.vector(1 + random.integer(200)).map((value) => Math.round(value * 2));
      const [best] = draws({ temperature: 0, seed: row }, values, 1);
      expect(best).toBe(values.indexOf(Math.max(...values)));
    }
  });

  it("draws every token as often as its probability says", () => {
    const probabilities = new Map(reference.softmax(reference.tokensOf(Float32Array.from(logits))).entries());
    expect(chiSquared(draws(everything, logits, 20_000), probabilities)).toBeLessThan(24.3); // 7 df, p = 0.001
  });

  it("applies the steps in the documented order", () => {
    const options = { seed: 4, topK: 6, typicalP: 0.95, topP: 0.9, minP: 0.2, temperature: 2 };
    let tokens = reference.topK(reference.tokensOf(Float32Array.from(logits)), 6);
    tokens = reference.typicalP(tokens, 0.95);
    tokens = reference.topP(tokens, 0.9);
    tokens = reference.minP(tokens, 0.2);
    const softmax = reference.softmax(reference.temperature(tokens, 2));
    const probabilities = new Map(tokens.map(({ id }, i) => [id, softmax[i] ?? 0]));
    const drawn = draws(options, logits, 20_000);
    expect(new Set(drawn)).toEqual(new Set(probabilities.keys()));
    expect(chiSquared(drawn, probabilities)).toBeLessThan(18.5); // at most 4 df, p = 0.001
  });

  it("lets the temperature decide after min-p, not before", () => {
    const drawn = draws({ ...everything, temperature: 50, minP: 0.5 }, [0, 0.1, -1], 500);
    expect(new Set(drawn)).toEqual(new Set([0, 1]));
  });

  it("gives the same ids for the same seed, and others for another", () => {
    expect(draws({ seed: 9 }, logits, 200)).toEqual(draws({ seed: 9 }, logits, 200));
    expect(draws({ seed: 9 }, logits, 200)).not.toEqual(draws({ seed: 10 }, logits, 200));
  });

  it("gives these ids for this seed on every machine", () => {
    expect(draws({ seed: 42 }, logits, 16).join(" ")).toMatchInlineSnapshot(
      `"4 0 7 4 7 4 7 4 3 3 3 0 3 3 3 0"`,
    );
    expect(draws({ ...everything, seed: 4294967295 }, logits, 16).join(" ")).toMatchInlineSnapshot(
      `"7 7 4 4 7 3 3 3 3 0 4 6 3 3 1 7"`,
    );
  });

  it("edits the logits before it chooses: bias, n-grams, penalties", () => {
    const greedy = (options: GenerateOptions, history: readonly number[]) =>
      samplerFor({ temperature: 0, ...options }).sample(Float32Array.of(3, 2, 1, -1), history);
    expect(greedy({}, [0])).toBe(0);
    expect(greedy({ logitBias: new Map([[2, 2.5]]) }, [])).toBe(2);
    expect(greedy({ repeatPenalty: 4 }, [0])).toBe(1);
    expect(greedy({ repeatPenalty: 4, repeatLastN: 0 }, [0])).toBe(0);
    expect(greedy({ presencePenalty: 0.6 }, [0, 0])).toBe(0);
    expect(greedy({ presencePenalty: 1.1 }, [0, 0])).toBe(1);
    expect(greedy({ frequencyPenalty: 0.6 }, [0, 0])).toBe(1);
    expect(greedy({ noRepeatNgramSize: 2 }, [1, 0, 1])).toBe(1);
    expect(greedy({ noRepeatNgramSize: 1, logitBias: new Map([[0, 9]]) }, [0, 1])).toBe(2);
  });

  it("chooses again where an id is refused, among what is left", () => {
    const accepts = (id: number) => id !== 3 && id !== 7;
    expect(samplerFor({ temperature: 0 }).sample(Float32Array.from(logits), [], accepts)).toBe(0);

    const sampler = samplerFor(everything);
    const drawn = Array.from({ length: 20_000 }, () =>
      sampler.sample(Float32Array.from(logits), [], accepts),
    );
    const left = reference.tokensOf(Float32Array.from(logits)).filter(({ id }) => accepts(id));
    const softmax = reference.softmax(left);
    const probabilities = new Map(left.map(({ id }, i) => [id, softmax[i] ?? 0]));
    expect(new Set(drawn).has(3)).toBe(false);
    expect(chiSquared(drawn, probabilities)).toBeLessThan(20.6); // 5 df, p = 0.001
  });

  it("does not go on for ever where every id is refused", () => {
    const sampler = samplerFor(everything);
    expect(() => sampler.sample(Float32Array.from(logits), [], () => false)).toThrow(
      "all 8 tokens are banned",
    );
  });

  it("refuses logits that are no numbers", () => {
    for (const options of [{ temperature: 0 }, everything, {}]) {
      expect(() => samplerFor(options).sample(Float32Array.of(1, Number.NaN), [])).toThrow("token 1 is NaN");
    }
  });

  it("takes less time over a vocabulary of 150,000 than to sort it", () => {
    const random = new TestRandom(8);
    const large = Float32Array.from(random.vector(150_000), (value) => value * 3);
    const sampler = samplerFor({ seed: 1 }, large.length);
    const timeOf = (work: () => unknown) => {
      const start = performance.now();
      work();
      return performance.now() - start;
    };
    // In turn, since other work on the machine slows both.
    const shares = Array.from({ length: 40 }, () => {
      const [own, sorted] = [large.slice(), large.slice()];
      return timeOf(() => sampler.sample(own, [])) / timeOf(() => sorted.sort());
    });
    expect(shares.toSorted((a, b) => a - b)[20]).toBeLessThan(1);
  });
});
