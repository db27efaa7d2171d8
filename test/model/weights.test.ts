import { describe, expect, it } from "vitest";
import { weightTable } from "../../src/model/weights.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { decoderOf } from "../fixtures/uniform.ts";

const named = (config: typeof gpt2, name: string) =>
  weightTable(decoderOf(config)).find((weight) => weight.name === name);

describe("the weight table", () => {
  it("says the role of each weight", () => {
    expect(named(gpt2, "position_embedding.weight")).toMatchObject({
      part: "positionEmbedding",
      kind: "table",
    });
    expect(named(gpt2, "blocks.1.attention.qkv.bias")).toMatchObject({
      module: "blocks.*.attention.qkv",
      layer: 1,
      part: "attention",
      kind: "bias",
    });
    expect(named(gpt2, "final_norm.weight")).toMatchObject({ layer: undefined, part: "norms", kind: "norm" });
    expect(named(llama, "head.weight")).toMatchObject({ part: "head", kind: "linear" });
  });

  it("lists the parts that a weight stacks, which add up to its outputs", () => {
    expect(named(llama, "blocks.0.attention.qkv.weight")?.parts).toEqual([60, 20, 20]);
    expect(named(llama, "blocks.0.mlp.up.weight")?.parts).toEqual([90, 90]);
    for (const { parts, shape } of weightTable(decoderOf(llama))) {
      expect(parts.reduce((sum, part) => sum + part)).toBe(shape[0]);
    }
  });

  it("marks the two projections of each layer that are added to the residual stream", () => {
    const marked = weightTable(decoderOf(llama)).filter(({ intoResidual }) => intoResidual);
    expect(marked.map(({ name }) => name)).toEqual([
      "blocks.0.attention.output.weight",
      "blocks.0.mlp.down.weight",
      "blocks.1.attention.output.weight",
      "blocks.1.mlp.down.weight",
    ]);
  });
});
