import { describe, expect, it } from "vitest";
import type { AttentionConfig, DecoderConfig, HeadConfig, LayerConfig } from "../../src/model/config.ts";
import { attentionOf } from "../../src/model/mixers.ts";
import { refuseUnsupported } from "../../src/model/supported.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { gpt2, llama, openAiGpt } from "../fixtures/stored-config.ts";
import { decoderOf } from "../fixtures/uniform.ts";

const base = decoderOf(llama);
const [layer] = base.layers as [LayerConfig];

/** The second layer is changed. */
const layered = (change: Partial<LayerConfig>): DecoderConfig => ({
  ...base,
  layers: [layer, { ...layer, ...change }],
});
const attending = (change: Partial<AttentionConfig>) =>
  layered({ mixer: { ...attentionOf(layer), ...change } });
const headed = (change: Partial<HeadConfig>) => ({
  ...base,
  head: { ...base.head, ...change } as HeadConfig,
});

describe("what the kernels do not compute yet is refused by name", () => {
  it.each<[string, DecoderConfig]>([
    ["the token embedding is scaled", { ...base, embedding: { scale: 2, positions: "none" } }],
    ["the logits are scaled", headed({ scale: 0.0625 })],
    ["the logits are capped", headed({ softCap: 30 })],
    ["layer 1 has attention sinks", attending({ sinks: true })],
    [
      "layer 1 has attention with relative position biases",
      attending({ scoreBias: { kind: "relative", buckets: 32, maxDistance: 128 } }),
    ],
    ["layer 1 has a gated MLP with gelu_tanh", layered({ mlp: { ...layer.mlp, activation: "gelu_tanh" } })],
    ["layer 1 has a scaled residual branch", layered({ mlpBranch: { ...layer.mlpBranch, scale: 0.2 } })],
  ])("%s", async (what, config) => {
    const error = await rejectionOf((async () => refuseUnsupported("models/x", config))());
    expect([error.code, error.message]).toEqual([
      "invalid-file",
      `models/x: ${what}, which is not supported yet`,
    ]);
  });

  it("and what they compute passes", () => {
    for (const config of [gpt2, openAiGpt, llama]) {
      expect(() => refuseUnsupported("models/x", decoderOf(config))).not.toThrow();
    }
    for (const kind of ["window", "chunk"] as const) {
      const masked = attending({ mask: { kind, size: 8 }, valueDim: 8, softCap: 50 });
      expect(() => refuseUnsupported("models/x", masked)).not.toThrow();
    }
  });
});
