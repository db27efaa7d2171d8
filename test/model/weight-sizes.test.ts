import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import { WEIGHT_TYPES, weightBytesAt } from "../../src/model/weight-sizes.ts";

/**
 * Matrices of [vocab, n], [positions, n] and per layer [3n, n] [n, n] [4n, n] [n, 4n]; 13 n values in
 * vectors.
 */
async function gpt2(n_embd: number) {
  const config = { n_layer: 2, n_head: 2, n_embd, n_positions: 8, vocab_size: 10 };
  const checkpoint = {
    format: "huggingface",
    path: "config.json",
    generationConfig: {},
    tensors: new Map(),
  } as const;
  return (await parseModel({ ...checkpoint, config })).config;
}
const vectorBytes = (n: number) => 4 * (2 * 13 * n + 2 * n);
const rows = (n: number) => ({ ofWidth: 18 + 2 * (3 + 1 + 4) * n, ofInner: 2 * n });

describe("the bytes of weights at a type", () => {
  it("are 4 for each parameter at F32, and 2 for those in matrices at F16", async () => {
    const config = await gpt2(256);
    const { ofWidth, ofInner } = rows(256);
    const inMatrices = ofWidth * 256 + ofInner * 1024;
    expect(weightBytesAt(config, "F32")).toBe(4 * inMatrices + vectorBytes(256));
    expect(weightBytesAt(config, "F16")).toBe(2 * inMatrices + vectorBytes(256));
  });

  it("count blocks", async () => {
    const config = await gpt2(256);
    const { ofWidth, ofInner } = rows(256);
    expect(weightBytesAt(config, "Q8_0")).toBe((ofWidth * 8 + ofInner * 32) * 34 + vectorBytes(256));
    expect(weightBytesAt(config, "Q4_0")).toBe((ofWidth * 8 + ofInner * 32) * 18 + vectorBytes(256));
    expect(weightBytesAt(config, "Q4_K")).toBe((ofWidth + ofInner * 4) * 144 + vectorBytes(256));
    expect(weightBytesAt(config, "Q6_K")).toBe((ofWidth + ofInner * 4) * 210 + vectorBytes(256));
  });

  it("fall back where rows are no whole number of blocks, as llama.cpp does", async () => {
    const narrow = await gpt2(64); // the rows of 64 do not fill a block of 256, those of 256 do
    const { ofWidth, ofInner } = rows(64);
    expect(weightBytesAt(narrow, "Q4_K")).toBe(ofWidth * 2 * 22 + ofInner * 144 + vectorBytes(64));
    expect(weightBytesAt(narrow, "Q5_K")).toBe(ofWidth * 2 * 24 + ofInner * 176 + vectorBytes(64));
    const odd = await gpt2(20);
    expect(weightBytesAt(odd, "Q6_K")).toBe(weightBytesAt(odd, "F16"));
  });

  it("shrink from type to type", async () => {
    const config = await gpt2(256);
    const sizes = WEIGHT_TYPES.map((type) => weightBytesAt(config, type));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });
});
