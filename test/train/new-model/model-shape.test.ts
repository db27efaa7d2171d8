import { describe, expect, it } from "vitest";
import { countParameters } from "../../../src/model/parameters.ts";
import { checkShape, configOfShape, decoderOfShape } from "../../../src/train/new-model/model-shape.ts";
import { PRESETS } from "../../../src/train/new-model/presets.ts";
import { uniformOf } from "../../fixtures/uniform.ts";

const gpt2 = { ...PRESETS.gpt2, family: "gpt2" } as const;

describe("decoderOfShape", () => {
  it("makes GPT-2 as it was published", () => {
    const config = decoderOfShape(gpt2);
    expect(countParameters(config).total).toBe(124_439_808);
    expect(uniformOf(config)).toMatchObject({
      family: "gpt2",
      nPositions: 1024,
      activation: "gelu_tanh",
      tiedHead: true,
    });
  });

  it("makes Llama's block, with a gated layer of about the same size", () => {
    const config = uniformOf(decoderOfShape({ ...gpt2, family: "llama" }));
    expect(config).toMatchObject({
      family: "llama",
      nInner: 2048,
      norm: "rmsnorm",
      gated: true,
      qkvBias: false,
    });
    expect(config.position).toMatchObject({ kind: "rotary", theta: 10_000 });
  });

  it("refuses sizes that make no model", () => {
    expect(() => checkShape({ ...gpt2, heads: 5 })).toThrow(
      "a width of 768 for 5 heads: expected a multiple of 5",
    );
    expect(() => checkShape({ ...gpt2, family: "llama", width: 12 })).toThrow(
      "expected an even width of each head",
    );
  });

  it("names the token that begins and ends texts", () => {
    expect(configOfShape(gpt2, 7)).toMatchObject({ bos_token_id: 7, eos_token_id: 7, model_type: "gpt2" });
  });
});
