import { describe, expect, it } from "vitest";
import type { DecoderConfig, ExpertsMlp } from "../../src/model/config.ts";
import { countActiveParameters, countParameters as countOf } from "../../src/model/parameters.ts";
import { decoderOf, type UniformConfig } from "../fixtures/uniform.ts";

const gpt2: UniformConfig = {
  family: "gpt2",
  vocabSize: 50257,
  nLayer: 12,
  nHead: 12,
  nKvHead: 12,
  headDim: 64,
  nEmbd: 768,
  nInner: 3072,
  nPositions: 1024,
  norm: "layernorm",
  normEpsilon: 1e-5,
  normPlacement: "pre",
  queryKeyNorm: false,
  position: { kind: "learned" },
  activation: "gelu_tanh",
  gated: false,
  qkvBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  tiedHead: true,
};

const countParameters = (config: UniformConfig) => countOf(decoderOf(config));

/** Llama 3.2 1B and Qwen3 0.6B, as their model cards have them. */
const llama: UniformConfig = {
  ...gpt2,
  family: "llama",
  vocabSize: 128256,
  nLayer: 16,
  nHead: 32,
  nKvHead: 8,
  nEmbd: 2048,
  nInner: 8192,
  nPositions: 131072,
  norm: "rmsnorm",
  position: { kind: "rotary", theta: 500000, scaling: { kind: "none" } },
  activation: "silu",
  gated: true,
  qkvBias: false,
  attentionOutputBias: false,
  mlpBias: false,
};

const qwen3: UniformConfig = {
  ...llama,
  family: "qwen3",
  vocabSize: 151936,
  nLayer: 28,
  nHead: 16,
  nKvHead: 8,
  headDim: 128,
  nEmbd: 1024,
  nInner: 3072,
  queryKeyNorm: true,
};

describe("countParameters", () => {
  it("counts GPT-2's 124,439,808, each under its part", () => {
    expect(countParameters(gpt2)).toEqual({
      tokenEmbedding: 38_597_376,
      positionEmbedding: 786_432,
      attention: 28_348_416,
      mlp: 56_669_184,
      norms: 38_400,
      head: 0,
      total: 124_439_808,
    });
  });

  it("counts GPT-3's token embedding and its 175 billion", () => {
    const heads = { nHead: 96, nKvHead: 96, headDim: 128 };
    const gpt3 = { ...gpt2, ...heads, nLayer: 96, nEmbd: 12288, nInner: 4 * 12288, nPositions: 2048 };
    const counts = countParameters(gpt3);
    expect(counts.tokenEmbedding).toBe(617_558_016);
    expect(counts.total).toBe(174_604_259_328);
  });

  it("counts grouped heads, gated layers, query and key norms and an output head of its own", () => {
    expect(countParameters(llama).total).toBe(1_235_814_400);
    expect(countParameters(qwen3).total).toBe(596_049_920);
    const untied = countParameters({ ...llama, tiedHead: false });
    expect(untied.head).toBe(128256 * 2048);
    expect(untied.total).toBe(1_235_814_400 + 128256 * 2048);
  });

  it("has no position table where positions are computed", () => {
    expect(countParameters(llama).positionEmbedding).toBe(0);
    expect(countParameters({ ...gpt2, position: { kind: "sinusoidal" } }).positionEmbedding).toBe(0);
  });

  it("adds up", () => {
    for (const config of [gpt2, llama, qwen3]) {
      const { total, ...parts } = countParameters(config);
      expect(Object.values(parts).reduce((sum, count) => sum + count)).toBe(total);
    }
  });

  it("a token goes through all parameters but those of the experts that it does not choose", () => {
    const dense = decoderOf(llama);
    expect(countActiveParameters(dense)).toBe(countOf(dense).total);
    const routing = { scores: "softmax", logitScale: 1, weightScale: 1, weighs: "output" } as const;
    const layers = dense.layers.map((layer) => {
      const router = { ...routing, bias: false, correction: false, expertScales: false };
      const mlp: ExpertsMlp = { ...layer.mlp, kind: "experts", count: 8, active: 2, routing: router };
      return { ...layer, mlp };
    });
    const mixture: DecoderConfig = { ...dense, layers };
    const expert = 3 * 2048 * 8192;
    expect(countOf(mixture).total - countActiveParameters(mixture)).toBe(layers.length * 6 * expert);
    expect(countOf(mixture).total - countOf(dense).total).toBe(layers.length * (7 * expert + 8 * 2048));
  });
});
