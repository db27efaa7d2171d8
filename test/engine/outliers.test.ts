import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model, type ModelOptions } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { describeWithShared, shared } from "../shared.ts";

const directory = () => shared("models/outliers/qwen2-key-bias");

interface Expected {
  readonly prompt: number[];
  /** After each id of the prompt, in float64. */
  readonly logits: number[][];
}

function probabilities(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const most = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - most));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / sum);
}

/** Mean over the prompt of the KL divergence from the expected distributions. */
async function divergence(options: ModelOptions): Promise<number> {
  const { prompt, logits }: Expected = JSON.parse(readFileSync(`${directory()}/expected.json`, "utf8"));
  const checkpoint = await openCheckpoint(directory());
  const description = await parseModel(checkpoint);
  await using model = await Model.load(checkpoint, description, { threads: 1, simd: "plain", ...options });
  const found = await model.createSession().append(prompt, { every: true });
  const { vocabSize } = model.config;
  const each = logits.map((row, i) => {
    const q = probabilities(found.subarray(i * vocabSize, (i + 1) * vocabSize));
    return probabilities(row).reduce((sum, p, id) => sum + (p > 0 ? p * Math.log(p / (q[id] ?? 0)) : 0), 0);
  });
  return each.reduce((a, b) => a + b) / each.length;
}

describeWithShared("a model whose key biases have outliers", () => {
  it("loses nothing by the default cache, beside floats and beside 8-bit weights", async () => {
    expect(await divergence({})).toBeLessThan(1e-6);
    const exact = await divergence({ quantization: "q8_0", kvCache: "f32" });
    expect(await divergence({ quantization: "q8_0" })).toBeLessThanOrEqual(3 * exact);
  });

  it("loses little by values in 8 bits, and much by keys in 8 bits", async () => {
    expect(await divergence({ kvCache: { keys: "f16", values: "q8_0" } })).toBeLessThan(2e-3);
    expect(await divergence({ kvCache: { keys: "q8_0", values: "f16" } })).toBeGreaterThan(0.1);
  });
});
