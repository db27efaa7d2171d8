import { describe, expect, it } from "vitest";
import { type Candidates, candidatesOf, sum, weights } from "../../../src/generate/sampling/candidates.ts";
import { minP, temperature, topP, typicalP } from "../../../src/generate/sampling/truncation.ts";
import { TestRandom } from "../../reference/random.ts";
import * as reference from "../../reference/sampling.ts";

const random = new TestRandom(11);

/** Logits of many sizes and spreads; every other row is rounded, so that many tokens rank the same. */
const rows: Float32Array[] = Array.from({ length: 80 }, (_, row) => {
  const spread = 0.1 + 4 * random.uniform();
  const logits = Float32Array.from(random.vector(1 + random.integer(400)), (value) => value * spread);
  return row % 2 === 0 ? logits : logits.map((logit) => Math.round(logit * 4) / 4);
});

const inOrder = (tokens: readonly reference.Token[]) => tokens.map(({ id }) => id).toSorted((a, b) => a - b);

/** The same tokens, with the same probabilities. */
function expectSame(candidates: Candidates, tokens: readonly reference.Token[]): void {
  expect([...candidates.ids]).toEqual(inOrder(tokens));
  expect(Math.min(...candidates.gaps)).toBe(0);
  const ours = weights(candidates);
  const total = sum(ours);
  const sorted = tokens.toSorted((a, b) => a.id - b.id);
  const errors = reference.softmax(sorted).map((p, i) => Math.abs((ours[i] ?? Number.NaN) / total - p));
  expect(Math.max(...errors)).toBeLessThan(1e-12);
}

describe("candidatesOf", () => {
  it.each([0, 1, 2, 7, 40, 1000])("keeps the %i likeliest, the lower id among equals", (k) => {
    for (const logits of rows) {
      const tokens = reference.tokensOf(logits);
      expectSame(candidatesOf(logits, k), k === 0 ? tokens : reference.topK(tokens, k));
    }
  });

  it("leaves banned tokens out, also where fewer than k remain", () => {
    const logits = Float32Array.of(-Infinity, 1, -Infinity, 3, 2);
    expect([...candidatesOf(logits, 0).ids]).toEqual([1, 3, 4]);
    expect([...candidatesOf(logits, 4).ids]).toEqual([1, 3, 4]);
    expect([...candidatesOf(logits, 2).ids]).toEqual([3, 4]);
    expect([...candidatesOf(logits, 1).ids]).toEqual([3]);
  });

  it.each([Number.NaN, Infinity])("refuses a logit of %d, naming the token", (bad) => {
    const logits = Float32Array.of(1, 9, bad, 0);
    for (const k of [0, 1, 2])
      expect(() => candidatesOf(logits, k)).toThrow(`the logit of token 2 is ${bad}`);
  });

  it("says so when every token is banned", () => {
    const logits = new Float32Array(5).fill(-Infinity);
    for (const k of [0, 1, 3]) expect(() => candidatesOf(logits, k)).toThrow("all 5 tokens are banned");
  });
});

describe.each([
  { name: "topP", step: topP, twin: reference.topP, values: [0, 1e-9, 0.1, 0.5, 0.9, 0.95, 0.999999] },
  { name: "typicalP", step: typicalP, twin: reference.typicalP, values: [0, 1e-9, 0.2, 0.5, 0.9, 0.95] },
  { name: "minP", step: minP, twin: reference.minP, values: [0, 0.001, 0.05, 0.5] },
  { name: "temperature", step: temperature, twin: reference.temperature, values: [0.1, 0.8, 1.5, 10] },
])("$name", ({ step, twin, values }) => {
  it.each(values)("%d keeps what the definition keeps", (value) => {
    for (const logits of rows) {
      expectSame(step(value)(candidatesOf(logits, 0)), twin(reference.tokensOf(logits), value));
    }
  });
});

describe("the steps", () => {
  const all = (...logits: number[]) => candidatesOf(Float32Array.from(logits), 0);

  it("keep one token at least", () => {
    const equal = all(2, 2, 2, 2);
    expect([...topP(1e-300)(equal).ids]).toEqual([0]);
    expect([...typicalP(1e-300)(equal).ids]).toEqual([0]);
    expect([...minP(1)(all(1, 3, 3)).ids]).toEqual([1, 2]);
  });

  it("keep the lowest ids of equal tokens, as many as the mass needs", () => {
    expect([...topP(0.5)(all(2, 2, 2, 2)).ids]).toEqual([0, 1]);
    expect([...topP(0.51)(all(2, 2, 2, 2)).ids]).toEqual([0, 1, 2]);
    expect([...typicalP(0.75)(all(2, 2, 2, 2)).ids]).toEqual([0, 1, 2]);
  });

  it("count the likeliest of those that are left where typicalP takes the likeliest away", () => {
    // Probabilities 1/4 and 48 times 1/64: the entropy of 5 bits is nearer to the 6 bits of the many.
    const logits = [Math.log(16), ...new Array<number>(48).fill(0)];
    const typical = typicalP(0.3)(all(...logits));
    expect(typical.ids.includes(0)).toBe(false);
    expect(minP(0.9)(typical)).toEqual(typical);
  });

  it("hold for logits that lie far apart", () => {
    expect([...topP(0.9)(all(-1e30, 5, 3e38, 3e38)).ids]).toEqual([2, 3]);
    expect([...temperature(Number.MIN_VALUE)(all(1, 2)).gaps]).toEqual([Infinity, 0]);
  });
});
