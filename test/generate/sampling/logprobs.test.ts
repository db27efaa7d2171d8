import { describe, expect, it } from "vitest";
import { GptError } from "../../../src/errors.ts";
import { tokenLogprobs, topLogprobs } from "../../../src/generate/sampling/logprobs.ts";
import { TestRandom } from "../../reference/random.ts";

/** By the definition: ln(e^x / sum of e^x). */
function byDefinition(logits: Float32Array): number[] {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return Array.from(logits, (logit) => Math.log(Math.exp(logit) / sum));
}

const random = new TestRandom(4);
const logits = Float32Array.from({ length: 500 }, () => 20 * random.uniform() - 10);

describe("tokenLogprobs", () => {
  it("is the logarithm of the softmax", () => {
    for (const [id, expected] of byDefinition(logits).entries()) {
      expect(tokenLogprobs(logits, id, 0).logprob).toBeCloseTo(expected, 12);
    }
  });

  it("keeps its precision where the exponential function has none left", () => {
    const far = Float32Array.of(3000, 2999, -3000);
    const norm = Math.log1p(Math.exp(-1));
    expect([0, 1, 2].map((id) => tokenLogprobs(far, id, 0).logprob)).toEqual([
      expect.closeTo(-norm, 14),
      expect.closeTo(-1 - norm, 14),
      expect.closeTo(-6000 - norm, 11),
    ]);
    const sure = Float32Array.of(0, -Infinity);
    expect([0, 1].map((id) => tokenLogprobs(sure, id, 0).logprob)).toEqual([0, -Infinity]);
  });

  it("leaves the logits as they are", () => {
    const copy = logits.slice();
    tokenLogprobs(copy, 3, 5);
    expect(copy).toEqual(logits);
  });
});

describe("topLogprobs", () => {
  const sorted = byDefinition(logits)
    .map((logprob, id) => ({ id, logprob }))
    .sort((a, b) => b.logprob - a.logprob);

  it.each([0, 1, 20, 500])("names the %i likeliest, likeliest first", (count) => {
    const top = topLogprobs(logits, count);
    expect(top.map(({ id }) => id)).toEqual(sorted.slice(0, count).map(({ id }) => id));
    for (const [i, { logprob }] of top.entries()) expect(logprob).toBeCloseTo(sorted[i]?.logprob ?? 0, 12);
  });

  it("names the lower id first among equals", () => {
    const ids = (values: number[], count: number) =>
      topLogprobs(Float32Array.from(values), count).map(({ id }) => id);
    expect(ids([1, 2, 1, 2, 2], 2)).toEqual([1, 3]);
    expect(ids([1, 2, 1, 2, 2], 4)).toEqual([1, 3, 4, 0]);
  });

  it("names no more than there are, and none that cannot be", () => {
    expect(topLogprobs(Float32Array.of(1, -Infinity, 2), 10).map(({ id }) => id)).toEqual([2, 0]);
  });

  it.each([
    [Float32Array.of(1, Number.NaN), "the logit of token 1 is NaN"],
    [Float32Array.of(Infinity, 0), "the logit of token 0 is Infinity"],
    [Float32Array.of(-Infinity, -Infinity), "the logit of token 0 is -Infinity"],
  ])("refuses %o", (damaged, message) => {
    expect(() => topLogprobs(damaged, 3)).toThrow(GptError);
    expect(() => topLogprobs(damaged, 3)).toThrow(message);
  });

  it("gives these bits on every machine", () => {
    const bits = topLogprobs(Float32Array.of(0.5, 3, -7, 1.25), 4).map(({ logprob }) =>
      new BigUint64Array(new Float64Array([logprob]).buffer)[0]?.toString(16),
    );
    expect(bits).toMatchInlineSnapshot(`
      [
        "bfcd2a61dca11ae2",
        "bfffa54c3b94235c",
        "c005d2a61dca11ae",
        "c02474a98772846c",
      ]
    `);
  });
});
